namespace EnterpriseRag.Inference.Models.Import.Tokenizers;

/// <summary>A tokenizer ready to be written, and the ids that the configuration files name.</summary>
/// <param name="TokenizerJson">The file's bytes.</param>
/// <param name="Tokens">All tokens by id.</param>
/// <param name="BeginOfText">Id, when the model has one.</param>
/// <param name="EndOfText">Ids that end generation; the model's own first.</param>
/// <param name="Padding">Id, when the model has one.</param>
/// <param name="Unknown">Id, when the model has one.</param>
/// <param name="AddsBeginOfText">Plain text (not a rendered chat) gets the first token in front.</param>
/// <param name="AddsEndOfText">Plain text gets the last token behind it.</param>
/// <param name="Class">tokenizer_class of tokenizer_config.json.</param>
/// <param name="ChatTemplate">Jinja; null for base models.</param>
internal sealed record TokenizerPlan(
    byte[] TokenizerJson, IReadOnlyList<string> Tokens,
    int? BeginOfText, IReadOnlyList<int> EndOfText,
    int? Padding, int? Unknown, bool AddsBeginOfText, bool AddsEndOfText, string Class,
    string? ChatTemplate);
