using Shouldly;
using Xunit;

namespace EnterpriseRag.Foundation.Tests;

public sealed class ResultTests
{
    [Fact]
    public void A_value_is_a_success()
    {
        Result<int> result = 7;

        result.IsSuccess.ShouldBeTrue();
        result.Value.ShouldBe(7);
    }

    [Fact]
    public void A_failure_has_no_value()
    {
        Result<int> result = new Failure(FailureKind.NotFound, "No such thing.");

        result.IsSuccess.ShouldBeFalse();
        Should.Throw<InvalidOperationException>(() => result.Value).Message.ShouldBe("No such thing.");
    }

    [Fact]
    public void A_secret_does_not_print_itself() => $"{new Secret("hunter2")}".ShouldBe("***");

    [Fact]
    public void Ids_sort_by_the_time_of_their_making()
    {
        var early = new IdFactory(new FixedTime(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000))).Next();
        var late = new IdFactory(new FixedTime(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000))).Next();

        string.CompareOrdinal(early.ToString("N"), late.ToString("N")).ShouldBeLessThan(0);
        early.Version.ShouldBe(7);
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
