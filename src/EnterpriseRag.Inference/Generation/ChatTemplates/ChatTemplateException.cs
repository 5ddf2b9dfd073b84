namespace EnterpriseRag.Inference.Generation.ChatTemplates;

/// <summary>
/// The template is broken, uses a construct that this interpreter does not know (the message names it), needs more than it may,
/// or refused the messages itself with <c>raise_exception</c>.
/// </summary>
internal sealed class ChatTemplateException(string message) : Exception(message);
