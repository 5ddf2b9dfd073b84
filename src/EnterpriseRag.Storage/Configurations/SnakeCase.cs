using System.Text;
using Microsoft.EntityFrameworkCore;

namespace EnterpriseRag.Storage.Configurations;

internal static class SnakeCase
{
    /// <summary><c>SizeBytes</c> is <c>size_bytes</c> in SQL, so that nobody has to quote a column at the psql prompt.</summary>
    public static void NameColumnsInSnakeCase(this ModelBuilder model)
    {
        foreach (var property in model.Model.GetEntityTypes().SelectMany(entity => entity.GetProperties()))
        {
            property.SetColumnName(Of(property.Name));
        }
    }

    internal static string Of(string name)
    {
        var result = new StringBuilder(name.Length + 8);
        foreach (var c in name)
        {
            if (char.IsAsciiLetterUpper(c) && result.Length > 0)
            {
                result.Append('_');
            }

            result.Append(char.ToLowerInvariant(c));
        }

        return result.ToString();
    }
}
