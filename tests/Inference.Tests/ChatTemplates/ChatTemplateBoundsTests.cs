using EnterpriseRag.Inference.Generation.ChatTemplates;
using EnterpriseRag.Testing;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.ChatTemplates;

public sealed class ChatTemplateBoundsTests
{
    private const string Rich = """
        {%- set ns = namespace(found=false, text='') -%}
        {%- for m in messages if m.role != 'x' %}{% if loop.first and m['role'] is in ['system', 'user'] %}{{ bos_token ~ m.content | trim }}
        {%- macro f(a, b=1) %}{{ a }}{{ b }}{% endmacro %}{% set s %}{{ f('x', b=1.5) }}{% endset %}{% filter upper %}{{ s }}{% endfilter %}
        {%- elif not loop.last or m.content[1:-1:1] == "a\n" %}{% set ns.found = true %}{{- m.content.split(' ')[::-1] | join(', ') | upper }}{% else %}{{ {'k': [1, m.content, none]} | tojson }}{% endif %}
        {% endfor %}{# comment #}{{ ns.text | default('d', true) if ns.found else raise_exception('no') }}{% if add_generation_prompt %}{{ '<a>' + (1 + 2 * 3 // 2 % 4) | string }}{% endif %}
        """;

    public static TheoryData<string> Bombs => new(
        "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
        "{% for a in range(2000000000) %}{% endfor %}",
        "{% set ns = namespace(x='aaaaaaaaaa') %}{% for a in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
        "{% set ns = namespace(x='aaaaaaaaaa') %}{% for a in range(60) %}{% set ns.x = ns.x.replace('a', ns.x) %}{% endfor %}",
        "{% set ns = namespace(x=[1]) %}{% for a in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
        "{% set ns = namespace(x=[1]) %}{% for a in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | tojson }}",
        "{% set ns = namespace(x='\\\\') %}{% for a in range(60) %}{% set ns.x = ns.x | tojson %}{% endfor %}",
        "{% for a in range(1000) %}{% for b in range(900) %}aaaaaaaaaaaaaaaaaaaaaaaa{% endfor %}{% endfor %}",
        "{{ " + new string('(', 5000) + "1" + new string(')', 5000) + " }}",
        "{{ " + new string('[', 5000) + " }}",
        "{{ 1" + string.Concat(Enumerable.Repeat("+1", 50_000)) + " }}",
        "{{ a" + string.Concat(Enumerable.Repeat(".a", 50_000)) + " }}",
        "{{ " + string.Concat(Enumerable.Repeat("not ", 50_000)) + "1 }}",
        "{{ 1" + string.Concat(Enumerable.Repeat(" if 1 else 1", 10_000)) + " }}",
        string.Concat(Enumerable.Repeat("{% if true %}", 10_000)),
        "{% macro f(n) %}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}",
        "{% macro f() %}{% for i in range(1000) %}{{ g() }}{% endfor %}{% endmacro %}{% macro g() %}{% for i in range(1000) %}x{% endfor %}{% endmacro %}{{ f() }}",
        "{% macro f() %}{% call f() %}{% endcall %}{% endmacro %}{{ f() }}",
        "{% set ns = namespace(x=[1]) %}{% for a in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x ~ '' }}",
        "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}",
        "{% set ns = namespace(x='a') %}{% for a in range(60) %}{% set ns.x = ns.x.replace('', ns.x) %}{% endfor %}",
        "{% set ns = namespace(x='a\\n') %}{% for a in range(60) %}{% set ns.x = (ns.x | indent(200, true, true)) + ns.x %}{% endfor %}",
        "{% set ns = namespace(x='aaaaaaaa') %}{% for a in range(60) %}{% set ns.x = ns.x * 100000 %}{% endfor %}",
        "{% for a in range(60) %}{% set x %}{{ x }}{{ x }}aaaa{% endset %}{% endfor %}",
        "{% set x = 'a' * 3000000 %}{% set y = 'a' * 3000000 %}{% for a in range(100000) %}{% if x in [y, y, y] %}{% endif %}{% endfor %}",
        "{% set x = range(900000) | list %}{{ x | sort | join }}",
        "{{ [1] | batch(2, 0) | first | batch(1000000000, 0) }}",
        "{{ 10 ** 400 }}",
        "{{ 9223372036854775807 + 1 }}",
        "{{ 1 // 0 }}",
        "{{ 'a'[::0] }}",
        "{{ [1] < [2] }}",
        new string('a', 300_000));

    [Theory]
    [MemberData(nameof(Bombs), DisableDiscoveryEnumeration = true)]
    public void A_template_cannot_take_time_or_memory_without_bound(string source)
    {
        Should.Throw<ChatTemplateException>(() => ChatTemplate.Parse(source).Render([new("user", "x")], new ChatTemplateInputs()));
    }

    [Fact]
    public void Garbage_renders_or_is_refused_but_never_crashes()
    {
        var random = new Random(13);
        string[] sources = [Rich, File.ReadAllText(RepositoryFiles.Fixture("smollm2-chat-template.jinja"))];
        var refused = 0;
        for (var round = 0; round < 6000; round++)
        {
            try
            {
                ChatTemplate.Parse(Damage(sources[round % 2], random)).Render([new("system", " a b "), new("user", "a\n"), new("assistant", "")], new ChatTemplateInputs(BeginToken: "<s>"));
            }
            catch (ChatTemplateException)
            {
                refused++;
            }
        }

        refused.ShouldBeInRange(1000, 5999);
        ChatTemplate.Parse(Rich).Render([new("system", "a"), new("user", "a b"), new("user", "c")], new ChatTemplateInputs(BeginToken: "<s>")).ShouldNotBeEmpty();
    }

    private static string Damage(string source, Random random)
    {
        for (var change = random.Next(1, 4); change > 0 && source.Length > 0; change--)
        {
            var at = random.Next(source.Length);
            var length = Math.Min(source.Length - at, random.Next(1, 12));
            source = random.Next(3) switch
            {
                0 => source.Remove(at, length),
                1 => source.Insert(at, source.Substring(random.Next(source.Length - length + 1), length)),
                _ => source.Remove(at, 1).Insert(at, "{}%#'\"()[]|.,:=~-+ 1a\n"[random.Next(22)].ToString()),
            };
        }

        return source;
    }
}
