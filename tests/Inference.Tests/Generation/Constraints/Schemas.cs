using Xunit;

namespace EnterpriseRag.Inference.Tests.Generation.Constraints;

/// <summary>Schemas with documents that fit (compact, properties in order) and texts that do not.</summary>
internal static class Schemas
{
    public static readonly (string Name, string Schema, string[] Fit, string[] Wrong)[] All =
    [
        ("extraction", """
            {"type":"object","properties":{"party":{"type":"string","minLength":1,"maxLength":40},"signed":{"type":"boolean"},"date":{"type":"string","format":"date"},
             "amount":{"type":"number","minimum":0},"currency":{"enum":["EUR","USD","CHF"]},"pages":{"type":"integer","minimum":1,"maximum":999}},
             "required":["party","signed"],"additionalProperties":false}
            """,
            ["""{"party":"Müller & Söhne \"GmbH\" 🧾","signed":true}""", """{"party":"a","signed":false,"date":"2024-02-29","amount":0.5,"currency":"EUR","pages":999}""", """{"party": "x", "signed": true, "pages": 10}"""],
            ["""{"signed":true}""", """{"party":"","signed":true}""", """{"party":"a","signed":true,"date":"2023-02-29"}""", """{"party":"a","signed":true,"pages":1000}""", """{"party":"a","signed":true,"x":1}""", """{"party":"a","signed":true,"amount":-1}""", """{"party":"a","signed":true,"currency":"GBP"}""", "[]", "", """{"party":"a","signed":true}}"""]),
        ("numbers", """{"type":"array","items":{"type":"number"},"maxItems":4}""",
            ["[]", "[0]", "[-0.5,1e10,12.25]", "[1, 2, 3, 4]", "[-1.5E-7]"],
            ["[1,2,3,4,5]", "[01]", "[1.]", "[.5]", "[+1]", "[\"1\"]", "[1,]"]),
        ("integers", """{"type":"array","items":{"type":"integer","minimum":-17,"maximum":1203},"minItems":1}""",
            ["[-17]", "[0,1203,99,100,-9,-10]", "[1000,1199]"], ["[-18]", "[1204]", "[1.5]", "[]", "[2000]", "[-100]", "[-0]"]),
        ("open bounds", """{"type":"array","prefixItems":[{"type":"integer","exclusiveMinimum":5},{"type":"integer","maximum":-3},{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1},{"type":"number","minimum":-2,"maximum":10},{"type":"number","exclusiveMaximum":-1}],"items":false,"minItems":5}""",
            ["[6,-3,0.5,-2,-1.01]", "[99999,-1000,0.001,10.0,-20.5]", "[10,-4,0.999,-1.75,-2]", "[10,-4,0.999,0,-2]"],
            ["[5,-3,0.5,0,-2]", "[6,-2,0.5,0,-2]", "[6,-3,0,0,-2]", "[6,-3,1,0,-2]", "[6,-3,0.5,10.1,-2]", "[6,-3,0.5,0,-1]", "[6,-3,0.5,-2.5,-2]", "[6,-3,0.5,0,-2,1]"]),
        ("recursive", """
            {"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{"name":{"type":"string"},"children":{"type":"array","items":{"$ref":"#/$defs/node"}}},"required":["name","children"],"additionalProperties":false}}}
            """,
            ["""{"name":"a","children":[]}""", """{"name":"a","children":[{"name":"b","children":[{"name":"c","children":[]}]},{"name":"d","children":[]}]}"""],
            ["""{"name":"a"}""", """{"name":"a","children":[{}]}""", """{"name":"a","children":[1]}"""]),
        ("alternatives", """{"anyOf":[{"type":"object","properties":{"kind":{"const":"cat"},"lives":{"type":"integer"}},"required":["kind","lives"]},{"type":"object","properties":{"kind":{"const":"dog"},"tricks":{"type":"array","items":{"type":"string"}}},"required":["kind"]},{"type":"null"}]}""",
            ["""{"kind":"cat","lives":9}""", """{"kind":"dog"}""", """{"kind":"dog","tricks":["sit","roll \\ over"]}""", "null"],
            ["""{"kind":"cat"}""", """{"kind":"cow"}""", "true"]),
        ("one of", """{"oneOf":[{"type":"object","properties":{"t":{"const":1},"v":{"type":"string"}},"required":["t","v"]},{"type":"object","properties":{"t":{"const":2},"v":{"type":"integer"}},"required":["t","v"]},{"type":"string"}]}""",
            ["""{"t":1,"v":"x"}""", """{"t":2,"v":7}""", "\"s\""], ["""{"t":1,"v":7}""", "1"]),
        ("all of", """{"allOf":[{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]},{"$ref":"#/$defs/b"}],"$defs":{"b":{"properties":{"b":{"type":["string","null"]}},"required":["b"]}}}""",
            ["""{"a":1,"b":"x"}""", """{"a":1,"b":null}"""], ["""{"a":1}""", """{"a":"1","b":null}"""]),
        ("map", """{"type":"object","additionalProperties":{"type":"integer","minimum":0,"maximum":9}}""",
            ["{}", """{"a":1,"b":2}""", """{"":0}"""], ["""{"a":10}""", """{"a":"1"}""", """{a:1}"""]),
        ("map beside properties", """{"type":"object","properties":{"id":{"type":"integer"},"if":{"type":"boolean"}},"required":["id"],"additionalProperties":{"type":"string"}}""",
            ["""{"id":1}""", """{"id":1,"if":true,"i":"x","idx":"y","é":"z","":"e"}"""], ["""{"id":1,"id":"x"}""", """{"id":1,"i\u0064":"x"}""", """{"id":1,"x":2}"""]),
        ("enum", """{"enum":["a\"b",1,null,true,{"k":[1,"ü"]},"\n"]}""", ["\"a\\\"b\"", "1", "null", "true", """{"k":[1,"ü"]}""", "\"\\n\""], ["2", "\"a\"", "false", "{}"]),
        ("nullable", """{"type":"object","properties":{"x":{"type":"string","nullable":true},"y":{"type":["integer","null"]}},"required":["x","y"]}""",
            ["""{"x":null,"y":null}""", """{"x":"","y":3}"""], ["""{"x":1,"y":null}""", """{"x":null}"""]),
        ("lengths", """{"type":"array","items":{"type":"string","minLength":2,"maxLength":3}}""",
            ["""["ab","äöü","🧾🧾","\u00e4\"","\ud83e\uddfex"]"""], ["""["a"]""", """["abcd"]""", """["🧾"]""", """["\ud83e"]"""]),
        ("pattern", """{"type":"object","properties":{"iban":{"type":"string","pattern":"^[A-Z]{2}\\d{2}(?: ?[0-9A-Z]{4}){2,7}$"},"free":{"type":"string","pattern":"a+b|^\\s"},"class":{"type":"string","pattern":"^[^\\d\"-]+[\\w.-]?$"}},"required":["iban"]}""",
            ["""{"iban":"DE89 3704 0044"}""", """{"iban":"GB29NWBK6016133192681911","free":"xxaaby"}""", """{"iban":"DE8937040044","free":"\tx","class":"äx_"}"""],
            ["""{"iban":"de89 3704 0044"}""", """{"iban":"DE89 3704"}""", """{"iban":"DE8937040044","free":"xb"}""", """{"iban":"DE8937040044","class":"1"}"""]),
        ("formats", """{"type":"array","prefixItems":[{"type":"string","format":"date-time"},{"type":"string","format":"uuid"},{"type":"string","format":"email"},{"type":"string","format":"time"},{"type":"string","format":"ipv4"}],"items":false,"minItems":5}""",
            ["""["2024-12-31T23:59:59Z","123e4567-e89b-12d3-a456-426614174000","a.b+c@example.co.uk","07:30:00.5+02:00","192.168.0.1"]"""],
            ["""["2024-13-01T00:00:00Z","123e4567-e89b-12d3-a456-426614174000","a@b.de","07:30:00Z","1.1.1.1"]""", """["2024-12-31T23:59:59Z","123e4567","a@b.de","07:30:00Z","1.1.1.1"]""", """["2024-12-31T23:59:59Z","123e4567-e89b-12d3-a456-426614174000","a@b","07:30:00Z","256.1.1.1"]"""]),
        ("tuple and rest", """{"type":"array","prefixItems":[{"type":"string"},{"type":"integer"}],"items":{"type":"boolean"},"minItems":1,"maxItems":4}""",
            ["""["a"]""", """["a",1]""", """["a",1,true,false]"""], ["[]", """["a",true]""", """["a",1,2]""", """["a",1,true,true,true]"""]),
        ("anything", """{"type":"object","properties":{"any":true,"list":{"type":"array"}},"required":["any"]}""",
            ["""{"any":{"deep":[[[{"x":[1,2,{"y":null}]}]]]}}""", """{"any":[],"list":[1,"a",null,{"b":{}}]}""", """{"any":"\u0041\/\b"}"""], ["{}", """{"any":}""", """{"any":[}"""]),
        ("table", """{"type":"object","properties":{"rows":{"type":"array","minItems":2,"maxItems":3,"items":{"type":"object","properties":{"clause":{"type":"string"},"risk":{"type":"string","enum":["low","medium","high"]},"score":{"type":"integer","minimum":0,"maximum":100}},"required":["clause","risk","score"],"additionalProperties":false}}},"required":["rows"],"additionalProperties":false}""",
            ["""{"rows":[{"clause":"4.1","risk":"low","score":0},{"clause":"4.2","risk":"high","score":100}]}"""],
            ["""{"rows":[{"clause":"4.1","risk":"low","score":0}]}""", """{"rows":[{"clause":"4.1","risk":"none","score":0},{"clause":"","risk":"low","score":1}]}"""]),
        ("optional only", """{"type":"object","properties":{"a":{"type":"null"},"b":{"type":"boolean"},"c":{"const":3}},"additionalProperties":false}""",
            ["{}", """{"a":null}""", """{"b":true,"c":3}""", """{"a":null,"c":3}"""], ["""{"c":4}""", """{"a":null,}""", """{,"a":null}"""]),
    ];

    public static TheoryData<string> Names => [.. All.Select(schema => schema.Name)];
}
