using System.Text;
using System.Xml.Linq;
using EnterpriseRag.Foundation;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace EnterpriseRag.Portal.Identity;

/// <summary>
/// Data Protection keys (sign-in cookies, antiforgery) as files of mode 0600 in <c>&lt;Data&gt;/secrets/cookie-keys</c> (0700). The framework's
/// own file repository leaves the mode to the umask; here it is set when the file is made.
/// </summary>
internal sealed class CookieKeyFiles : IXmlRepository
{
    private readonly string _folder;

    public CookieKeyFiles(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        _folder = folder;
    }

    public IReadOnlyCollection<XElement> GetAllElements() =>
        [.. Directory.EnumerateFiles(_folder, "*.xml").Order(StringComparer.Ordinal).Select(SecretFile.ReadIfPresent).OfType<byte[]>().Select(Parse)];

    public void StoreElement(XElement element, string friendlyName)
    {
        // The friendly name is made by the framework ("key-<guid>"); it is cut down to what a file name may hold all the same.
        var name = string.Concat(friendlyName.Where(c => char.IsAsciiLetterOrDigit(c) || c == '-'));
        SecretFile.Write(Path.Combine(_folder, name + ".xml"), Encoding.UTF8.GetBytes(element.ToString()));
    }

    private static XElement Parse(byte[] file) => XElement.Parse(Encoding.UTF8.GetString(file));
}
