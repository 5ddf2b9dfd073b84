using System.Text;
using EnterpriseRag.Inference.Models.Import.Architectures;
using EnterpriseRag.Inference.Models.Import.HuggingFace;

namespace EnterpriseRag.Inference.Models.Import.Folder;

/// <summary>The files of an encoder's folder that an import takes as they are; what sentence-transformers would assume is written where the folder says nothing.</summary>
/// <param name="Files">To be written.</param>
/// <param name="Notes">What was assumed.</param>
internal sealed record SentenceTransformersFiles(IReadOnlyList<FolderFile> Files, IReadOnlyList<string> Notes)
{
    private const string ModulesName = "modules.json";
    private const string PoolingName = "1_Pooling/config.json";

    /// <summary>Settings of sentence-transformers; they count for the hash of a source.</summary>
    public static readonly IReadOnlyList<string> Candidates =
        [ModulesName, PoolingName, "config_sentence_transformers.json", "sentence_bert_config.json", "sentence_roberta_config.json", "sentence_xlm-roberta_config.json"];

    private static readonly string[] s_tokenizerFiles = [PublishedTokenizer.FileName, TokenizerConfig.FileName, "special_tokens_map.json", HuggingFaceFolder.ConfigName];

    /// <param name="folder">The published folder.</param>
    /// <param name="rows">Rows of the word embedding.</param>
    /// <exception cref="ModelImportException">No usable tokenizer.json, or modules without their settings.</exception>
    public static SentenceTransformersFiles Of(HuggingFaceFolder folder, int rows)
    {
        PublishedTokenizer.Of(folder, rows);
        List<FolderFile> files = [.. s_tokenizerFiles.Concat(Candidates).Select(name => (Name: name, Bytes: folder.ReadOrNull(name))).Where(file => file.Bytes is not null).Select(file => new FolderFile(file.Name, file.Bytes ?? []))];
        if (folder.Has(ModulesName))
        {
            return folder.Has(PoolingName)
                ? new SentenceTransformersFiles(files, [])
                : throw new ModelImportException($"{folder.Name} has {ModulesName} but no {PoolingName}. Take a complete copy of the folder.");
        }

        files.RemoveAll(file => file.Name is PoolingName);
        files.Add(new FolderFile(ModulesName, Encoding.UTF8.GetBytes(
            """
            [
              { "idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer" },
              { "idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling" },
              { "idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize" }
            ]

            """)));
        files.Add(new FolderFile(PoolingName, "{ \"pooling_mode_mean_tokens\": true }\n"u8.ToArray()));
        return new SentenceTransformersFiles(files, ["The folder says nothing of pooling: the mean over all tokens is taken, as sentence-transformers does."]);
    }
}
