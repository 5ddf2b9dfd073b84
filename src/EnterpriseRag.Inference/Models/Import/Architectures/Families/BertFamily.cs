using EnterpriseRag.Inference.Models.Import.Folder;
using EnterpriseRag.Inference.Models.Import.HuggingFace;

namespace EnterpriseRag.Inference.Models.Import.Architectures.Families;

/// <summary>
/// BERT, RoBERTa and XLM-R as embedding models: the encoder alone, with the pooling of sentence-transformers beside it. What a checkpoint has behind the encoder
/// (a pooler, the head of its training) is passed over.
/// </summary>
internal sealed class BertFamily : ModelFamily
{
    private static readonly TensorNames s_names = new(new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["token_embd"] = "bert.embeddings.word_embeddings",
        ["position_embd"] = "bert.embeddings.position_embeddings",
        ["token_types"] = "bert.embeddings.token_type_embeddings",
        ["token_norm"] = "bert.embeddings.LayerNorm",
        ["blk.N.attn_q"] = "bert.encoder.layer.N.attention.self.query",
        ["blk.N.attn_k"] = "bert.encoder.layer.N.attention.self.key",
        ["blk.N.attn_v"] = "bert.encoder.layer.N.attention.self.value",
        ["blk.N.attn_output"] = "bert.encoder.layer.N.attention.output.dense",
        ["blk.N.attn_norm"] = "bert.encoder.layer.N.attention.output.LayerNorm",
        ["blk.N.ffn_up"] = "bert.encoder.layer.N.intermediate.dense",
        ["blk.N.ffn_down"] = "bert.encoder.layer.N.output.dense",
        ["blk.N.ffn_norm"] = "bert.encoder.layer.N.output.LayerNorm",
    });

    private static readonly string[] s_heads = ["pooler.", "embeddings.position_ids", "embeddings.token_type_ids"];
    private static readonly string[] s_trainingHeads = ["cls.", "lm_head."];

    public override IReadOnlyList<string> ModelTypes => ["bert", "roberta", "xlm-roberta", "camembert"];

    public override ImportPlan Plan(HuggingFaceFolder folder, ModelImportOptions options)
    {
        if (options.Bits == WeightBits.Four)
        {
            throw new ModelImportException("Encoders are not written with 4 bits: vectors lose too much. Import with 8 bits (--bits 8) or floats (--bits 32).");
        }

        var isBert = folder.Config.Text("model_type") is "bert";
        var shape = EncoderShape.Read(folder.Config, positionsFollowPadding: !isBert);
        if (options.ContextTokens is { } asked && asked != shape.Tokens)
        {
            throw new ModelImportException("An encoder's length is fixed by its positions. Import it without a context; max_seq_length in its settings shortens texts.");
        }

        var prefix = isBert ? "bert." : "roberta.";
        var names = isBert ? s_names : s_names.Renamed(stem => "roberta." + stem["bert.".Length..]);
        var tensors = new SafetensorsTensorSet(folder, names, [.. s_heads, .. s_heads.Select(head => prefix + head), .. s_trainingHeads]);
        var files = SentenceTransformersFiles.Of(folder, shape.Vocabulary);
        return new ImportPlan("embedding", EncoderRecipe.Write(folder.Config.Text("model_type"), shape, tensors, options), files.Files, shape.Tokens, files.Notes);
    }
}
