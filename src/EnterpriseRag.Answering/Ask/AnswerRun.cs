using EnterpriseRag.Audit;
using EnterpriseRag.Retrieval.Access;

namespace EnterpriseRag.Answering.Ask;

/// <summary>One question on its way: what was decided before retrieval.</summary>
internal sealed record AnswerRun(Question Question, OpenRequest Request, ReadableScope Scope, string Language, bool MayGenerate);
