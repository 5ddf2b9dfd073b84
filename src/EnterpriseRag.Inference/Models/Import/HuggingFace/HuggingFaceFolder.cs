using EnterpriseRag.Inference.Models.Import.Sources;

namespace EnterpriseRag.Inference.Models.Import.HuggingFace;

/// <summary>An open folder as published on Hugging Face: config.json, weights as safetensors, and files that the import takes over.</summary>
internal sealed class HuggingFaceFolder : IDisposable
{
    public const string ConfigName = "config.json";

    // tokenizer.json of the largest vocabularies (262,144 tokens) has 33 MB; a hostile one may take six times its bytes while it is read.
    private const long MaxSideFileBytes = 64 << 20;

    private HuggingFaceFolder(string path, ConfigJson config, SafetensorsSet weights)
    {
        Path = path;
        Config = config;
        Weights = weights;
    }

    /// <summary>Absolute path.</summary>
    public string Path { get; }

    /// <summary>Last part of the path, for messages and the card.</summary>
    public string Name => System.IO.Path.GetFileName(Path);

    public ConfigJson Config { get; }

    public SafetensorsSet Weights { get; }

    /// <exception cref="ModelImportException">Not such a folder, incomplete, damaged or hostile.</exception>
    public static HuggingFaceFolder Open(string path)
    {
        var root = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        var config = System.IO.Path.Combine(root, ConfigName);
        if (!File.Exists(config))
        {
            throw new ModelImportException($"{root} has no {ConfigName}. Name a folder as published on Hugging Face, or a .gguf file.");
        }

        try
        {
            return new HuggingFaceFolder(root, ConfigJson.Read(config), SafetensorsSet.Open(root));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelImportException($"{root} cannot be read: {e.Message}", e);
        }
    }

    public bool Has(string file) => File.Exists(Location(file));

    /// <summary>A small file's bytes; null when the folder has none of this name.</summary>
    /// <exception cref="ModelImportException">Larger than such files are, or not readable.</exception>
    public byte[]? ReadOrNull(string file)
    {
        var path = Location(file);
        try
        {
            return !File.Exists(path) ? null
                : PlainFile.IsEmpty(path) ? []
                : PlainFile.Info(path).Length <= MaxSideFileBytes ? File.ReadAllBytes(path)
                : throw new ModelImportException($"{file} is larger than such a file is. Take the folder from its source again.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelImportException($"{path} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Another settings file of the folder; null when there is none.</summary>
    public ConfigJson? SettingsOrNull(string file) => ReadOrNull(file) is { } bytes ? ConfigJson.Parse(bytes, file) : null;

    public void Dispose() => Weights.Dispose();

    /// <summary>Absolute path of a file of this folder.</summary>
    public string Location(string file) => System.IO.Path.Combine(Path, file.Replace('/', System.IO.Path.DirectorySeparatorChar));
}
