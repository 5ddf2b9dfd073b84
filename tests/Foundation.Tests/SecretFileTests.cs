using Shouldly;
using Xunit;

namespace EnterpriseRag.Foundation.Tests;

public sealed class SecretFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rag-secret-").FullName;

    private string SecretPath => Path.Combine(_folder, "secrets", "one");

    [Fact]
    public void A_written_secret_is_for_its_owner_only_and_comes_back()
    {
        SecretFile.Write(SecretPath, "first"u8);
        SecretFile.Write(SecretPath, "second"u8);

        SecretFile.ReadIfPresent(SecretPath).ShouldBe("second"u8.ToArray());
        File.GetUnixFileMode(SecretPath).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.GetUnixFileMode(Path.Combine(_folder, "secrets")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.GetFiles(Path.Combine(_folder, "secrets")).Length.ShouldBe(1);
    }

    [Fact]
    public void An_absent_secret_is_null() => SecretFile.ReadIfPresent(SecretPath).ShouldBeNull();

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.UserExecute)]
    public void A_secret_with_a_wider_mode_is_refused(UnixFileMode extra)
    {
        SecretFile.Write(SecretPath, "x"u8);
        File.SetUnixFileMode(SecretPath, UnixFileMode.UserRead | UnixFileMode.UserWrite | extra);

        Should.Throw<SecretFileException>(() => SecretFile.ReadIfPresent(SecretPath)).Message.ShouldContain("chmod 600");
    }

    [Fact]
    public void A_link_is_refused()
    {
        SecretFile.Write(SecretPath, "x"u8);
        File.CreateSymbolicLink(SecretPath + ".link", SecretPath);

        Should.Throw<SecretFileException>(() => SecretFile.ReadIfPresent(SecretPath + ".link")).Message.ShouldContain("symbolic link");
    }

    [Fact]
    public async Task Of_many_that_create_at_once_one_wins_and_its_content_stays()
    {
        var tries = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(() => (I: i, Won: SecretFile.TryCreate(SecretPath, [(byte)i])))));

        var winner = tries.Where(one => one.Won).ShouldHaveSingleItem();
        SecretFile.ReadIfPresent(SecretPath).ShouldBe([(byte)winner.I]);
        Directory.GetFiles(Path.Combine(_folder, "secrets")).Length.ShouldBe(1);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
