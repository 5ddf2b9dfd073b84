using EnterpriseRag.Inference.Models.Import.Graphs;

namespace EnterpriseRag.Inference.Models.Import.Architectures;

/// <summary>A whole import, laid out and checked; no weight was read yet and nothing written.</summary>
/// <param name="Task">Of the card: generation or embedding.</param>
/// <param name="Graph">The graph and the layout of its weights.</param>
/// <param name="Files">All other files of the folder but the card and the checksums.</param>
/// <param name="ContextTokens">Positions that the graph holds.</param>
/// <param name="Notes">What the import had to limit, for the card and the person who imports.</param>
internal sealed record ImportPlan(string Task, GraphBuilder Graph, IReadOnlyList<FolderFile> Files, int ContextTokens, IReadOnlyList<string> Notes);

/// <param name="Name">Relative to the folder, with '/' between its parts.</param>
/// <param name="Bytes">Its content.</param>
internal sealed record FolderFile(string Name, byte[] Bytes);
