using EnterpriseRag.Cli;
using EnterpriseRag.Cli.Output;

return await RagCommandLine.RunAsync(args, Terminal.OfThisProcess());
