using EnterpriseRag.Retrieval.Access;
using EnterpriseRag.Testing;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Retrieval.Tests.Access;

public sealed class ScopeResolverTests : IAsyncLifetime
{
    private TestDatabases _databases = null!; // set before each test
    private Rows _rows = null!; // set before each test

    public async ValueTask InitializeAsync()
    {
        _databases = await (await PostgresCluster.SharedAsync()).CreateDatabasesAsync();
        _rows = new Rows(_databases);
    }

    public async ValueTask DisposeAsync() => await _databases.DisposeAsync();

    [Fact]
    public async Task A_wall_beats_membership_and_both_are_named()
    {
        var person = _rows.NewPerson();
        var open = await _rows.AddMatterAsync(person);
        var walled = await _rows.AddMatterAsync(person);
        var foreign = await _rows.AddMatterAsync(_rows.NewPerson());
        await _rows.AddWallAsync(walled, person);
        await _rows.AddWallAsync(foreign, person); // a wall without membership is no denial to count

        var scope = await new ScopeResolver(_databases.Databases).ResolveAsync(person, default);

        scope.Matters.ShouldBe([open]);
        scope.Walled.ShouldBe([walled]);
    }

    [Fact]
    public async Task The_decision_changes_with_the_rights_and_with_nothing_else()
    {
        var person = _rows.NewPerson();
        var resolver = new ScopeResolver(_databases.Databases);
        var first = await _rows.AddMatterAsync(person);
        await _rows.AddMatterAsync(person);
        var before = (await resolver.ResolveAsync(person, default)).DecisionId;
        (await resolver.ResolveAsync(person, default)).DecisionId.ShouldBe(before);
        await _rows.AddWallAsync(first, person);
        (await resolver.ResolveAsync(person, default)).DecisionId.ShouldNotBe(before);
        before.Length.ShouldBe(64);
    }

    [Fact]
    public async Task A_stranger_reads_nothing()
    {
        await _rows.AddMatterAsync(_rows.NewPerson());
        var scope = await new ScopeResolver(_databases.Databases).ResolveAsync(_rows.NewPerson(), default);
        scope.Matters.ShouldBeEmpty();
        scope.Walled.ShouldBeEmpty();
    }

    [Fact]
    public async Task Narrowing_never_widens()
    {
        var person = _rows.NewPerson();
        var mine = await _rows.AddMatterAsync(person);
        var foreign = await _rows.AddMatterAsync(_rows.NewPerson());
        var scope = await new ScopeResolver(_databases.Databases).ResolveAsync(person, default);
        scope.Within([mine, foreign]).Matters.ShouldBe([mine]);
        scope.Within([foreign]).Matters.ShouldBeEmpty();
        scope.Within([]).Matters.ShouldBe([mine]);
    }
}
