namespace EnterpriseRag.Ingestion.Extract.Sandbox;

/// <summary>Where workspaces are made (see <see cref="ExtractorWorkspace"/>) and large uploads wait until they are stored.</summary>
internal sealed record ExtractionDirectory(string Path);
