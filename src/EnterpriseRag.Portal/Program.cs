using EnterpriseRag.Answering;
using EnterpriseRag.Audit;
using EnterpriseRag.Foundation.Requests;
using EnterpriseRag.Inference;
using EnterpriseRag.Ingestion;
using EnterpriseRag.Portal;
using EnterpriseRag.Portal.Hosting;
using EnterpriseRag.Retrieval;
using EnterpriseRag.Storage;

// Settings and wwwroot lie beside the program, wherever it is started from.
var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.AddPortalLogging();
builder.ConfigureServer();

// Order matters: modules start in the order in which they are added, the server last. So databases and ledger stand before anything is served.
builder.Services.AddRequestPipeline();
builder.Services.AddStorage(builder.Configuration);
builder.Services.AddAudit(builder.Configuration);
builder.Services.AddInference(builder.Configuration);
builder.Services.AddRetrieval(builder.Configuration);
builder.Services.AddIngestion(builder.Configuration);
builder.Services.AddAnswering(builder.Configuration);
builder.Services.AddPortal(builder.Configuration);

await using var app = builder.Build();
app.UsePortal();
return await app.RunOrRefuseAsync();
