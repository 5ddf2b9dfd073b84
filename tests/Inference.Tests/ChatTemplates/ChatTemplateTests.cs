using System.Collections.Immutable;
using EnterpriseRag.Inference.Generation.ChatTemplates;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.ChatTemplates;

public sealed class ChatTemplateTests
{
    // Expected texts: Jinja 3.1 with trim_blocks and lstrip_blocks.
    [Theory]
    [InlineData("{{ 1 + 2 * 3 }}|{{ 7 // 2 }}|{{ -7 // 2 }}|{{ -7 % 3 }}|{{ 'a' ~ 1 + 2 }}", null)]
    [InlineData("{{ 1 + 2 * 3 }}|{{ 7 // 2 }}|{{ -7 // 2 }}|{{ -7 % 3 }}", "7|3|-4|2")]
    [InlineData("{{ 'a' ~ 1 ~ true ~ none }}", "a1TrueNone")]
    [InlineData("{{ 'yes' if 1 < 2 <= 2 else 'no' }}{{ 'x' if false }}", "yes")]
    [InlineData("{{ not true or true and false }}", "False")]
    [InlineData("{{ 'b' in 'abc' and 2 not in [1, 3] }}", "True")]
    [InlineData("{{ missing }}{{ missing is defined }}{{ none is none }}", "FalseTrue")]
    [InlineData("{{ missing | default('d') }}{{ '' | default('e', true) }}{{ '' | default('f') }}", "de")]
    [InlineData("{{ ['a', 'b'] | join(', ') | upper }}", "A, B")]
    [InlineData("{{ ' x ' | trim }}|{{ 'xxaxx'.strip('x') }}|{{ ' a'.lstrip() }}|{{ 'a '.rstrip() }}", "x|a|a|a")]
    [InlineData("{{ [1, 2, 3][-1] }}{{ [1, 2, 3][::-1] | first }}{{ [1, 2, 3, 4][1:3] | last }}{{ 'abcd'[1:-1] }}", "333bc")]
    [InlineData("{{ [1, 2, 3][5:] | length }}{{ 'abc'[-2:] }}{{ [1, 2, 3][:2] | length }}", "0bc2")]
    [InlineData("{{ {'a': 1, 'b': [true, none, 'x\"é\\n']} | tojson }}", "{\"a\": 1, \"b\": [true, null, \"x\\\"é\\n\"]}")]
    [InlineData("{{ {'a': [1]} | tojson(indent=2) }}", "{\n  \"a\": [\n    1\n  ]\n}")]
    [InlineData("{% for k, v in {'a': 1, 'b': 2}.items() %}{{ k }}={{ v }}{{ ';' if not loop.last }}{% endfor %}", "a=1;b=2")]
    [InlineData("{% for x in [1, 2, 3, 4] if x is even %}{{ loop.index }}:{{ x }}/{{ loop.length }} {% else %}none{% endfor %}", "1:2/2 2:4/2 ")]
    [InlineData("{% for x in [] %}{{ x }}{% else %}empty{% endfor %}", "empty")]
    [InlineData("{% for x in [1, 2, 3] %}{% if x == 2 %}{% continue %}{% endif %}{{ x }}{% if x == 3 %}{% break %}{% endif %}{% endfor %}", "13")]
    [InlineData("{% set x = 1 %}{% for i in [2, 3] %}{% set x = i %}{% endfor %}{{ x }}", "1")]
    [InlineData("{% set ns = namespace(x=1) %}{% for i in [2, 3] %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}", "6")]
    [InlineData("{% if false %}a{% elif 1 == 1 %}b{% else %}c{% endif %}", "b")]
    [InlineData("{% for x in range(3) %}{{ loop.revindex }}{{ loop.index0 }}{% endfor %}", "302112")]
    [InlineData("{{ 'a,b,,c'.split(',') | length }}{{ ' a  b '.split() | join('-') }}{{ 'aXbX'.replace('X', '--') }}", "4a-ba--b--")]
    [InlineData("{{ 'abc'.startswith('ab') }}{{ 'abc'.endswith('x') }}{{ {'k': 1}.get('k') }}{{ {'k': 1}.get('z', 'd') }}", "TrueFalse1d")]
    [InlineData("{# gone #}a{#- gone -#} b", "ab")]
    [InlineData("a\n  {% if true %}\n  b\n  {% endif %}\nc\n", "a\n  b\nc")]
    [InlineData("a\n  {%+ if true %}\nb{% endif +%}\nc", "a\n  b\nc")]
    [InlineData("a \n {%- if true -%} \n b {{- 'c' -}} \n d{% endif %}", "abcd")]
    [InlineData("  {{ 'x' }}\n{{ 'y' }}\n\n", "  x\ny\n")]
    [InlineData("{{ 'it''s' }}{{ \"a\\tb\\u00e9\\x41\" }}", "itsa\tbéA")]
    [InlineData("{{ {'a': {'b': 1}}['a'].b }}{{ {}.x is undefined }}", "1True")]
    public void Constructs_render_as_jinja_does(string source, string? expected)
    {
        if (expected is null)
        {
            Should.Throw<ChatTemplateException>(() => Render(source)); // '~' binds tighter than '+': a text and a number
            return;
        }

        Render(source).ShouldBe(expected);
    }

    [Theory]
    [InlineData("{% macro f() %}{% endmacro %}", "'macro'")]
    [InlineData("{% include 'x' %}", "'include'")]
    [InlineData("{{ x | map('upper') }}", "'map'")]
    [InlineData("{{ x is callable }}", "'callable'")]
    [InlineData("{{ x.__class__() }}", "'__class__'")]
    [InlineData("{{ lipsum() }}", "'lipsum'")]
    [InlineData("{{ 3 / 2 }}", "'/'")]
    [InlineData("{{ 1.5 }}", "fraction")]
    [InlineData("{% for x in y recursive %}{% endfor %}", "'recursive'")]
    [InlineData("{% set x %}a{% endset %}", "'set'")]
    [InlineData("{% if true %}", "end of the template")]
    [InlineData("{% endif %}", "'endif'")]
    [InlineData("{% break %}", "'break'")]
    [InlineData("{{ 'open }}", "not closed")]
    [InlineData("{{ ? }}", "'?'")]
    [InlineData("{{ missing.part }}", "'part'")]
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
    [InlineData("{% for c in messages[0].content %}{{ c }}{% endfor %}", "<b> ä ")]
    [InlineData("{{ (messages[0].content ~ '') | string | list | join('') }}", "<b> ä ")]
    public void No_expression_turns_content_into_template_text(string source, string content)
    {
        var literal = string.Concat(ChatTemplate.Parse(source).Render([new("user", content)], new ChatTemplateInputs()).Where(segment => !segment.IsContent).Select(segment => segment.Text));

        literal.ShouldNotContain("<");
        literal.ShouldNotContain("ä");
        literal.ShouldNotContain("Ä");
    }

    [Fact]
    public void Content_cannot_become_a_key()
    {
        Should.Throw<ChatTemplateException>(() => Render("{{ {messages[0].content: 1} | tojson }}")).Message.ShouldContain("key");
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
            .ShouldBe("<s>TrueFalseFalse");
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

    private static string Render(string source) =>
        string.Concat(ChatTemplate.Parse(source).Render([new("user", "hi")], new ChatTemplateInputs()).Select(segment => segment.Text));
}
