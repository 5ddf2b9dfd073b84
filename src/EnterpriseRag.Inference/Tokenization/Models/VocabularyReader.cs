using System.Text.Json;
using EnterpriseRag.Inference.Tokenization.Vocabulary;

namespace EnterpriseRag.Inference.Tokenization.Models;

/// <summary>Reads <c>vocab</c> of the models that write it as an object: token → id.</summary>
internal static class VocabularyReader
{
    public static TokenTable Read(ref Utf8JsonReader reader)
    {
        ModelJson.Expect(ref reader, JsonTokenType.StartObject, "vocab");
        var builder = new TokenTable.Builder();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            builder.Add(ref reader);
            reader.Read();
            builder.SetLastId(ModelJson.Id(ref reader, "vocab"));
        }

        return builder.Build();
    }
}
