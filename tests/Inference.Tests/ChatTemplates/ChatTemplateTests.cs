using System.Collections.Immutable;
using System.Text.Json;
using EnterpriseRag.Inference.Generation.ChatTemplates;
using EnterpriseRag.Testing;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.ChatTemplates;

public sealed class ChatTemplateTests
{
    public static TheoryData<string, string> Constructs => new()
    {
        { "{{ 1 + 2 * 3 }}|{{ 7 // 2 }}|{{ -7 // 2 }}|{{ -7 % 3 }}|{{ 7 / 2 }}|{{ 4 / 2 }}|{{ 2 ** 3 }}|{{ 1.5 + 1.5 }}", "7|3|-4|-1|3.5|2.0|8|3.0" },
        { "{{ 'a' ~ 1 ~ true ~ 1.0 }}{{ 'a' ~ 1 + 2 }}{{ 'b' + 1 }}", "a1true1a12b1" },
        { "{{ 'yes' if 1 < 2 else 'no' }}{{ 'x' if false }}", "yes" },
        { "{{ not true or true and false }}", "false" },
        { "{{ 'b' in 'abc' and 2 not in [1, 3] }}", "true" },
        { "{{ missing }}{{ missing is defined }}{{ none is none }}{{ none }}{{ missing.part }}", "falsetrue" },
        { "{{ missing | default('d') }}{{ '' | default('e', true) }}{{ '' | default('f') }}", "de" },
        { "{{ ['a', 'b'] | join(', ') | upper }}{{ [1, none, true] | join('-') }}", "A, B1--true" },
        { "{{ ' x ' | trim }}|{{ 'xxaxx '.strip('x') }}|{{ ' a'.lstrip() }}|{{ 'a '.rstrip() }}", "x|xxaxx|a|a" },
        { "{{ [1, 2, 3][-1] }}{{ [1, 2, 3][::-1] | first }}{{ [1, 2, 3, 4][1:3] | last }}{{ 'abcd'[1:-1] }}{{ 'a🧾c'[::-1] }}{{ 'abcd'[::2] }}", "333bcc🧾aac" },
        { "{{ [1, 2, 3][5:] | length }}{{ 'abc'[-2:] }}{{ [1, 2, 3][:2] | length }}{{ '🧾' | length }}{{ [1, 2].length }}{{ [4, 5].1 }}", "0bc2225" },
        { "{{ {'a': 1, 'b': [true, none, 'x\"é\\n']} | tojson }}", "{\"a\": 1, \"b\": [true, null, \"x\\\"é\\n\"]}" },
        { "{{ {'a': [1], 'b': {}} | tojson(indent=2) }}{{ {'b': 1, 'a': 'é'} | tojson(sort_keys=true, ensure_ascii=true, separators=(',', ':')) }}", "{\n  \"a\": [\n    1\n  ],\n  \"b\": {}\n}{\"a\":\"\\u00e9\",\"b\":1}" },
        { "{{ {'a': [1, none, missing]} }}{{ [1.0, 0.1] if false }}", "{\"a\": [1, null, undefined]}" },
        { "{% for k, v in {'a': 1, 'b': 2}.items() %}{{ k }}={{ v }}{{ ';' if not loop.last }}{% endfor %}", "a=1;b=2" },
        { "{% for x in [1, 2, 3, 4] if x % 2 == 0 %}{{ loop.index }}:{{ x }}/{{ loop.length }} {% else %}none{% endfor %}", "1:2/2 2:4/2 " },
        { "{% for x in [] %}{{ x }}{% else %}empty{% endfor %}", "empty" },
        { "{% for x in [1, 2, 3] %}{% if x == 2 %}{% continue %}{% endif %}{{ x }}{% if x == 3 %}{% break %}{% endif %}{% endfor %}", "1" },
        { "{% set x = 1 %}{% for i in [2, 3] %}{{ x }}{% set x = i %}{% endfor %}{{ x }}", "121" },
        { "{% set ns = namespace(x=1) %}{% for i in [2, 3] %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}", "6" },
        { "{% if false %}a{% elif 1 == 1 %}b{% else %}c{% endif %}", "b" },
        { "{% for x in range(3) %}{{ loop.revindex }}{{ loop.index0 }}{% endfor %}{{ range(5, 0, -2) | join }}", "302112531" },
        { "{% for x in ['a', 'b'] %}{{ loop.previtem }}{{ x }}{{ loop.nextitem }}{% endfor %}", "abab" },
        { "{{ 'a,b,,c'.split(',') | length }}{{ ' a  b '.split() | join('-') }}{{ 'aXbX'.replace('X', '--') }}{{ 'a b c'.split(' ', 1)[1] }}{{ 'ab'.replace('', '-') }}", "4a-ba--b--b c-a-b-" },
        { "{{ 'abc'.startswith('ab') }}{{ 'abc'.endswith(('x', 'c')) }}{{ {'k': 1}.get('k') }}{{ {'k': 1}.get('z', 'd') }}", "truetrue1d" },
        { "{# gone #}a{#- gone -#} b", "ab" },
        { "a\n  {% if true %}\n  b\n  {% endif %}\nc\n", "a\n  b\nc" },
        { "a \n {%- if true -%} \n b {{- 'c' -}} \n d{% endif %}", "abcd" },
        { "  {{ 'x' }}\n{{ 'y' }}\n\n", "  x\ny\n" },
        { "a  {% generation %} b {%- endgeneration %}  c", "a   b  c" },
        { "a  {% generation %}  {%- if true %}b{% endif %}", "ab" },
        { "{{ 'it''s' }}{{ \"a\\tb\\u00e9\\x41\" }}", "itsa\tbéA" },
        { "{{ {'a': {'b': 1}}['a'].b }}{{ {}.x is undefined }}", "1true" },
        { "{{ 1 == '1' }}{{ none == missing }}{{ true == 1 }}{{ '' == 0 }}{{ [] == [] }}{{ 'a' == 'A' }}", "truetruetruetruefalsefalse" },
        { "{% macro f(a, b=2, c=a) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ f(1) }}{{ f(1, c=5) }}{{ f(*[7, 8], **{'c': 9}) }}", "121125789" },
        { "{% macro f() %}<{{ caller('x') }}>{% endmacro %}{% call(y) f() %}{{ y }}{{ y }}{% endcall %}", "<xx>" },
        { "{% macro f() %}{{ outer }}{% endmacro %}{% for outer in [1, 2] %}{{ f() }}{% endfor %}", "12" },
        { "{% set x %}a{{ 1 }}{% endset %}{{ x }}{% filter upper %}b{% endfilter %}{% set a, b = [1, 2] %}{{ b }}", "a1B2" },
        { "{{ [{'n': 'b', 'k': 1}, {'n': 'a'}] | selectattr('k') | map(attribute='n') | join }}{{ [{'n': 'b'}, {'n': 'a'}] | sort(attribute='n') | map(attribute='n') | join }}", "bab" },
        { "{{ ['b', 'A', 'b'] | unique | sort | join }}{{ [1, 2] | reverse | join }}{{ {'b': 1, 'a': 2} | dictsort | tojson }}", "Ab21[[\"a\", 2], [\"b\", 1]]" },
        { "{{ 'ab cd' | title }}{{ 'aB' | capitalize }}{{ 'x\ny\n\nz' | indent(2, true) }}{{ '12x' | int }}{{ 'x' | int(5) }}{{ '1.5' | float }}{{ -3 | abs }}", "Ab CdAB  x\n  y\n\n  z1251.53" },
        { "{{ 'A' is upper }}{{ {} is mapping }}{{ {} is iterable }}{{ [] is sequence }}{{ 1 is number }}{{ true is number }}{{ raise_exception is callable }}", "truetruefalsetruetruefalsetrue" },
    };

    // Expected texts: @huggingface/jinja 0.5.11; the oracle test renders the same sources.
    [Theory]
    [MemberData(nameof(Constructs))]
    public void Constructs_render_as_in_the_reference(string source, string expected)
    {
        Render(source).ShouldBe(expected);
    }

    [Fact]
    public async Task The_reference_renders_the_constructs_alike()
    {
        var constructs = Constructs.Select(row => row.Data).ToArray();
        using var answers = await Oracle.AskAsync("chat-template.mjs",
            constructs.Select(row => new { template = row.Item1, variables = new { messages = new[] { new { role = "user", content = "hi" } }, add_generation_prompt = true } }),
            TestContext.Current.CancellationToken);

        foreach (var ((source, expected), answer) in constructs.Zip(answers.RootElement.EnumerateArray()))
        {
            answer.TryGetProperty("text", out var text).ShouldBeTrue($"{source}: {answer}");
            text.GetString().ShouldBe(expected, source);
        }
    }

    // @huggingface/jinja refuses these; the texts are those of Jinja 3.1 (but for the printing of values).
    [Theory]
    [InlineData("{{ 'a' ~ 1 ~ true ~ none ~ missing }}", "a1true")]
    [InlineData("{{ 'yes' if 1 < 2 <= 2 else 'no' }}{{ 3 < 2 < 4 }}", "yesfalse")]
    [InlineData("{{ 2 is in [1, 2] }}{{ 2 is eq 3 }}{{ 4 is divisibleby 2 }}", "truefalsetrue")]
    [InlineData("{{ missing | length }}{% for x in missing %}x{% else %}none{% endfor %}", "0none")]
    [InlineData("{{ ['a', 'b'] | map('upper') | join }}{{ [1, 2, 3] | select('odd') | list | tojson }}", "AB[1, 3]")]
    [InlineData("{{ [3, 1, 2] | max }}{{ [3, 1, 2] | min }}{{ [1, 2] | sum }}{{ 2.5 | round }}{{ 2.567 | round(1) }}", "3132.02.6")]
    [InlineData("{{ [1, 2, 3] | batch(2, 0) | tojson }}", "[[1, 2], [3, 0]]")]
    [InlineData("a\n  {%+ if true %}\nb{% endif +%}\nc", "a\n  b\nc")]
    [InlineData("{{ 'a\nb'.splitlines() | tojson }}{{ 'ab'.removeprefix('a') }}{{ ', '.join(['x', 'y']) }}{{ 'aba'.count('a') }}{{ 'ab'.find('b') }}", "[\"a\", \"b\"]bx, y21")]
    [InlineData("{% set x | upper %}a{% endset %}{{ x }}{{ '-' * 3 }}{{ true + 1 }}", "A---2")]
    [InlineData("{% for x in (range(5) if false else [1, 2]) %}{{ x }}{% endfor %}", "12")]
    public void Jinja_beyond_the_reference_renders(string source, string expected)
    {
        Render(source).ShouldBe(expected);
    }

    [Theory]
    [InlineData("{% include 'x' %}", "'include'")]
    [InlineData("\n\n{{ x | xmlattr }}", "line 3: the filter 'xmlattr'")]
    [InlineData("{{ x | map('xmlattr') }}{{ [1] | map('xmlattr') }}", "'xmlattr'")]
    [InlineData("{{ x is filter }}", "'filter'")]
    [InlineData("{% macro f() %}", "end of the template")]
    [InlineData("{% macro f(a) %}{% endmacro %}{{ f(1, 2) }}", "'f'")]
    [InlineData("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "deeply")]
    [InlineData("{{ dict(**{messages[0].content: 'v'}) }}", "argument")]
    [InlineData("{{ 'abc' | selectattr('type', 'equalto', 'text') | list }}", "items of a list")]
    [InlineData("{% for c in 'abc' %}{{ c }}{% endfor %}", "letters")]
    [InlineData("{{ x.__class__() }}", "'__class__'")]
    [InlineData("{{ lipsum() }}", "'lipsum'")]
    [InlineData("{{ 3 / 0 }}", "zero")]
    [InlineData("{% for x in y recursive %}{% endfor %}", "'recursive'")]
    [InlineData("{% set x %}a", "end of the template")]
    [InlineData("{% if true %}", "end of the template")]
    [InlineData("{% endif %}", "'endif'")]
    [InlineData("{% break %}", "'break'")]
    [InlineData("{{ 'open }}", "not closed")]
    [InlineData("{{ ? }}", "'?'")]
    public void What_is_not_known_is_refused_by_its_name(string source, string named)
    {
        Should.Throw<ChatTemplateException>(() => Render(source)).Message.ShouldContain(named);
    }

    [Fact]
    public void A_template_can_refuse_messages()
    {
        const string Source = "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}ok";

        Render(Source).ShouldBe("ok");
        Should.Throw<ChatTemplateException>(() => ChatTemplate.Parse(Source).Render([new("system", "x")], new ChatTemplateInputs())).Message.ShouldContain("System role not supported");
    }

    [Theory]
    [InlineData("{{ messages[0].content | trim }}", "<b> ä ")]
    [InlineData("{{ '[' + messages[0]['content'].upper() ~ ']' }}", "<b> ä ")]
    [InlineData("{{ messages[0].content.split('b') | join('+') }}", "<b> ä ")]
    [InlineData("{{ messages[0].content | replace('b', 'c') }}", "<b> ä ")]
    [InlineData("{{ messages | tojson }}", "<b> ä \"\n")]
    [InlineData("{{ messages[0].content[1:] }}{{ messages[0].content | first }}", "<b> ä ")]
    [InlineData("{% set x = 'a' + messages[0].content %}{% set ns = namespace(y=x) %}{{ ns.y + 'z' }}", "<b> ä ")]
    [InlineData("{% for c in messages[0].content | list %}{{ c }}{% endfor %}", "<b> ä ")]
    [InlineData("{{ (messages[0].content ~ '') | string | list | join('') }}", "<b> ä ")]
    [InlineData("{{ messages[0].content | replace('', '') }}{{ messages[0].content | title | capitalize | indent(2, true) }}", "<b> ä ")]
    [InlineData("{{ messages[0].content[::-1] }}{{ messages[0].content | reverse }}{{ messages[0].content * 2 }}", "<b> ä ")]
    [InlineData("{{ {messages[0].content: 1} | tojson }}{{ {messages[0].content: 1} }}{% for k in {messages[0].content: 1} %}{{ k }}{% endfor %}", "<b> ä ")]
    [InlineData("{% macro f(x) %}{{ x }}{{ caller() if caller }}{{ varargs | join }}{% endmacro %}{{ f(messages[0].content, messages[0].content) }}{% call f('') %}{{ messages[0].content }}{% endcall %}", "<b> ä ")]
    [InlineData("{% set x %}{{ messages[0].content }}{% endset %}{{ x }}{% filter upper %}{{ x }}{% endfilter %}", "<b> ä ")]
    [InlineData("{{ [messages[0].content, 'a'] | sort | unique | join }}{{ messages | map(attribute='content') | join }}{{ [messages[0].content] | batch(1) | first | max }}", "<b> ä ")]
    [InlineData("{{ strftime_now(messages[0].content) }}{{ messages[0].content.splitlines() | join }}{{ messages[0].content.removeprefix(' ') }}", "<b> ä ")]
    [InlineData("{{ {'b': messages[0].content} | dictsort | tojson(indent=1, ensure_ascii=true) }}{{ messages[0].content.join(['x', 'y']) }}", "<b> ä ")]
    [InlineData("{% set ns = namespace({messages[0].content: 1}) %}{{ ns }}", "<b> ä ")]
    public void No_expression_turns_content_into_template_text(string source, string content)
    {
        var literal = string.Concat(ChatTemplate.Parse(source).Render([new("user", content)], new ChatTemplateInputs()).Where(segment => !segment.IsContent).Select(segment => segment.Text));

        literal.ShouldNotContain("<");
        literal.ShouldNotContain("ä");
        literal.ShouldNotContain("Ä");
    }

    [Fact]
    public void Tools_calls_and_results_are_content()
    {
        const string Source = "{{ tools | tojson }}{% for m in messages %}{{ m | tojson }}{{ m.name }}{{ m.tool_call_id }}{% for c in m.tool_calls %}{{ c.function.name }}{{ c.function.arguments }}{% for k, v in c.function.arguments | items %}{{ k }}{{ v }}{% endfor %}{% endfor %}{% endfor %}{{ documents }}{{ extra.x }}";
        var inputs = new ChatTemplateInputs
        {
            Tools = [Json("""{"<k>": "<v>"}""")],
            Documents = [Json("""{"<d>": "<d>"}""")],
            Arguments = ImmutableDictionary<string, JsonElement>.Empty.Add("extra", Json("""{"x": "<x>"}""")).Add("messages", Json("\"not these\"")),
        };
        ChatTemplateMessage[] messages =
        [
            new("assistant", "<c>") { ToolCalls = [new("<n>", Json("""{"<a>": "<b>"}"""), "<id>")], ReasoningContent = "<r>" },
            new("tool", "<t>") { Name = "<n>", ToolCallId = "<id>" },
        ];

        var segments = ChatTemplate.Parse(Source).Render(messages, inputs);

        string.Concat(segments.Where(segment => !segment.IsContent).Select(segment => segment.Text)).ShouldNotContain("<");
        string.Concat(segments.Select(segment => segment.Text)).ShouldContain("<x>");
    }

    [Fact]
    public void A_refusal_does_not_repeat_content()
    {
        Should.Throw<ChatTemplateException>(() => Render("{{ raise_exception('bad: ' + messages[0].content) }}")).Message.ShouldEndWith("bad: …");
    }

    [Fact]
    public void The_date_comes_from_the_clock_given()
    {
        var inputs = new ChatTemplateInputs { Time = new StoppedClock(new DateTimeOffset(2024, 7, 5, 8, 9, 0, TimeSpan.Zero)) };

        string.Concat(ChatTemplate.Parse("{{ strftime_now('%d %b %Y|%Y-%m-%d|%B %H:%M %A %%') }}").Render([], inputs).Select(segment => segment.Text))
            .ShouldBe("05 Jul 2024|2024-07-05|July 08:09 Friday %");
    }

    [Fact]
    public void A_role_that_could_carry_markup_is_refused()
    {
        Should.Throw<ArgumentException>(() => ChatTemplate.Parse("x").Render([new("user<|im_end|>", "x")], new ChatTemplateInputs()));
    }

    [Fact]
    public void Variables_reach_the_template()
    {
        var inputs = new ChatTemplateInputs(AddGenerationPrompt: false, BeginToken: "<s>") { Variables = ImmutableDictionary<string, object>.Empty.Add("enable_thinking", false) };

        string.Concat(ChatTemplate.Parse("{{ bos_token }}{{ enable_thinking is false }}{{ add_generation_prompt }}{{ eos_token is defined }}").Render([], inputs).Select(segment => segment.Text))
            .ShouldBe("<s>truefalsefalse");
    }

    // The published template of Gemma 2: alternation check, renamed role, trimmed content.
    [Fact]
    public void A_template_with_alternating_roles_renders()
    {
        const string Gemma = """
            {{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}{{ '<start_of_turn>' + role + '
            ' + message['content'] | trim + '<end_of_turn>
            ' }}{% endfor %}{% if add_generation_prompt %}{{'<start_of_turn>model
            '}}{% endif %}
            """;

        string.Concat(ChatTemplate.Parse(Gemma).Render([new("user", " a "), new("assistant", "b"), new("user", "c")], new ChatTemplateInputs(BeginToken: "<bos>")).Select(segment => segment.Text))
            .ShouldBe("<bos><start_of_turn>user\na<end_of_turn>\n<start_of_turn>model\nb<end_of_turn>\n<start_of_turn>user\nc<end_of_turn>\n<start_of_turn>model\n");
    }

    private static JsonElement Json(string json) => JsonDocument.Parse(json).RootElement;

    private static string Render(string source) =>
        string.Concat(ChatTemplate.Parse(source).Render([new("user", "hi")], new ChatTemplateInputs()).Select(segment => segment.Text));

    private sealed class StoppedClock(DateTimeOffset now) : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => now;
    }
}
