using EnterpriseRag.Inference.Generation.Sampling;
using EnterpriseRag.Inference.Generation.Scheduling;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Generation;

public sealed class WaitingLineTests
{
    private const int Batch = -1;

    private readonly WaitingLine _line = new(12);

    [Fact]
    public void Users_take_turns_however_many_requests_one_of_them_has()
    {
        Add("ann", "ann", "ann", "bob", "cy", "bob");

        TakeAll().ShouldBe(["ann", "bob", "cy", "ann", "bob", "ann"]);
    }

    [Fact]
    public void Interactive_requests_go_before_batch_tasks()
    {
        Add("batch", Batch);
        Add("ann", "bob");

        TakeAll().ShouldBe(["ann", "bob", "batch"]);
    }

    [Fact]
    public void A_batch_task_is_not_passed_over_for_ever()
    {
        Add("batch", Batch);
        var order = new List<string>();
        for (int i = 0; i < 10; i++)
        {
            Add($"user {i}");
            order.Add(TakeNext());
        }

        order.IndexOf("batch").ShouldBeInRange(1, 8);
    }

    [Fact]
    public void Batch_tasks_that_may_not_start_let_others_pass()
    {
        Add("batch", Batch);
        Add("ann");

        _line.Peek(batchAllowed: false)!.Placement.User.ShouldBe("ann");
        _line.Take(_line.Peek(batchAllowed: false)!);
        _line.Peek(batchAllowed: false).ShouldBeNull();
        _line.Peek(batchAllowed: true)!.Placement.User.ShouldBe("batch");
    }

    [Fact]
    public void One_user_fills_half_of_the_line_at_most()
    {
        Add("ann", "ann", "ann", "ann", "ann", "ann");

        _line.TryAdd(Request("ann", 0)).ShouldBeFalse();
        Add("bob", "cy", "di", "ed", "flo", "gus");
        _line.TryAdd(Request("hal", 0)).ShouldBeFalse();
    }

    private void Add(params string[] users)
    {
        foreach (string user in users)
        {
            Add(user, 0);
        }
    }

    private void Add(string user, int priority) => _line.TryAdd(Request(user, priority)).ShouldBeTrue();

    private static GenerationRequest Request(string user, int priority) =>
        new(new[] { 1 }, SamplingSettings.Greedy, 1, CancellationToken.None) { Placement = RequestPlacement.Default with { User = user, Priority = priority } };

    private List<string> TakeAll()
    {
        var order = new List<string>();
        while (_line.Count > 0)
        {
            order.Add(TakeNext());
        }

        return order;
    }

    private string TakeNext()
    {
        GenerationRequest request = _line.Peek(batchAllowed: true)!; // the line is not empty
        _line.Take(request);
        return request.Placement.User!; // every request of these tests has one
    }
}
