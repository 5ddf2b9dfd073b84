using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Models.Registry.SelfTests;
using EnterpriseRag.Inference.Tokenization;

namespace EnterpriseRag.Inference.Generation;

/// <summary>The self-test of one load: against the outputs recorded with the folder's approval. An approval without any gets them at the first load.</summary>
internal sealed class GenerationCheck(ModelApprovals approvals, ModelFolder folder)
{
    /// <exception cref="ModelFolderException">The outputs differ.</exception>
    public void Run(Tokenizer tokenizer, Action reset, AppendTokens append)
    {
        ModelDecision? decision = approvals.FindDecision(folder.Sha256);
        if (decision?.Generation is { } golden)
        {
            GenerationSelfTest.Check(golden, folder.Path, tokenizer, reset, append);
        }
        else if (decision is not null)
        {
            approvals.Decide(folder.Sha256, decision with { Generation = GenerationSelfTest.Record(tokenizer, reset, append) });
        }
    }
}
