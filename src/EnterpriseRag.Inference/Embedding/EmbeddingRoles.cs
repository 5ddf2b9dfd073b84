namespace EnterpriseRag.Inference.Embedding;

/// <summary>Keys of the three registered <c>IEmbeddingGenerator&lt;string, Embedding&lt;float&gt;&gt;</c> services: unit vectors, one per text, in order.</summary>
public static class EmbeddingRoles
{
    public const string Query = "query";
    public const string Passage = "passage";

    /// <summary>Without any prefix.</summary>
    public const string Plain = "plain";
}

/// <summary>The embedding model behind both generators (singleton service).</summary>
public sealed record EmbeddingModelInfo(string Name, string Sha256, int Dimensions, int MaxTokens);
