using EnterpriseRag.Inference.Generation.ToolCalls;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Generation;

public sealed class ToolCallTests
{
    public static TheoryData<string, string, string, string> Answers => new()
    {
        { "hermes", "<tool_call>\n{\"name\": \"find\", \"arguments\": {\"q\": \"a\"}}\n</tool_call>", "", "find {\"q\": \"a\"}" },
        { "hermes", "Let me look.\n<tool_call>{\"name\":\"find\",\"arguments\":{}}</tool_call>\n<tool_call>{\"name\":\"today\"}</tool_call>", "Let me look.", "find {}|today {}" },
        { "hermes", "a < b and <tool> is no call", "a < b and <tool> is no call", "" },
        { "hermes", "<tool_call>\n{\"name\": \"unknown\", \"arguments\": {}}\n</tool_call>", "<tool_call>\n{\"name\": \"unknown\", \"arguments\": {}}\n</tool_call>", "" },
        { "hermes", "<tool_call>\n{\"name\": \"find\", \"argum", "<tool_call>\n{\"name\": \"find\", \"argum", "" },
        { "llama3", "{\"name\": \"find\", \"parameters\": {\"q\": [1]}}", "", "find {\"q\": [1]}" },
        { "llama3", " \n{\"name\": \"find\", \"parameters\": {}}", "", "find {}" },
        { "llama3", "A set is written {1, 2}.", "A set is written {1, 2}.", "" },
        { "llama3", "{\"answer\": 1}", "{\"answer\": 1}", "" },
        { "mistral", "[TOOL_CALLS][{\"name\": \"find\", \"arguments\": {\"q\": \"]\"}}, {\"name\": \"today\", \"arguments\": {}}]", "", "find {\"q\": \"]\"}|today {}" },
        { "mistral", "See [TOOL] and [1].", "See [TOOL] and [1].", "" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public void Calls_are_taken_out_of_the_text_however_it_is_cut(string format, string answer, string text, string calls)
    {
        for (int size = 1; size <= answer.Length; size++)
        {
            var reader = new ToolCallReader(Of(format), name => name is "find" or "today");

            string said = string.Concat(answer.Chunk(size).Select(piece => reader.Push(new string(piece))));
            (string rest, List<ToolCall> read) = reader.Finish();

            (said + rest).ShouldBe(text);
            string.Join('|', read.Select(call => $"{call.Name} {call.Arguments.GetRawText()}")).ShouldBe(calls);
        }
    }

    [Theory]
    [InlineData("{{ '<tool_call>' }}", "hermes")]
    [InlineData("{{ '[TOOL_CALLS] [' }}", "mistral")]
    [InlineData("{% if m.role == 'ipython' %}{{ '{\"name\": \"' + n + '\", \"parameters\": ' }}{% endif %}", "llama3")]
    [InlineData("{{ messages }}", "hermes")]
    public void The_template_tells_the_format(string template, string format) => ToolCallFormat.Of(template).Name.ShouldBe(format);

    private static ToolCallFormat Of(string name) => name switch { "hermes" => ToolCallFormat.Hermes, "llama3" => ToolCallFormat.Llama3, _ => ToolCallFormat.Mistral };
}
