using EnterpriseRag.Inference.Native;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Native;

public sealed class RunPlanTests : IDisposable
{
    private readonly EmbeddingGraph _graph = new();

    public void Dispose() => _graph.Dispose();

    [Fact]
    public void A_missing_input_is_refused_before_native_code_sees_it() =>
        Should.Throw<ArgumentException>(() => new RunPlan(_graph.Session, [("input_ids", _graph.Ids)], [])).Message.ShouldContain("attention_mask");

    [Fact]
    public void An_unknown_name_is_refused_with_the_names_that_exist() =>
        Should.Throw<ArgumentException>(() => new RunPlan(_graph.Session, [("input_ids", _graph.Ids), ("attention_mask", _graph.Mask), ("position_ids", _graph.Ids)], []))
            .Message.ShouldContain("input_ids: Int64");

    [Fact]
    public void A_tensor_of_another_type_is_refused() =>
        Should.Throw<ArgumentException>(() => new RunPlan(_graph.Session, [("input_ids", _graph.Hidden), ("attention_mask", _graph.Mask)], []))
            .Message.ShouldContain("Float");

    [Fact]
    public void Runs_write_the_outputs_and_repeat_exactly()
    {
        using RunPlan plan = _graph.NewPlan();

        plan.Run();
        float[] first = _graph.Hidden.Data<float>().ToArray();
        _graph.Hidden.Data<float>().Clear();
        plan.Run();

        first.ShouldContain(v => v != 0);
        first.ShouldAllBe(v => float.IsFinite(v));
        _graph.Hidden.Data<float>().ToArray().ShouldBe(first);
    }

    [Fact]
    public void A_run_allocates_no_managed_memory_even_when_shapes_change()
    {
        using RunPlan plan = _graph.NewPlan();
        for (int i = 0; i < 50; i++)
        {
            Step(plan, i);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 50; i++)
        {
            Step(plan, i);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void Shapes_that_do_not_fit_together_are_the_librarys_error_and_leave_the_plan_usable()
    {
        using RunPlan plan = _graph.NewPlan();
        _graph.Hidden.Reshape(1, 3, 384);

        Should.Throw<OrtException>(plan.Run);

        _graph.Fill(tokens: 5);
        plan.Run();
        _graph.Hidden.Data<float>().ToArray().ShouldContain(v => v != 0);
    }

    [Fact]
    public void A_shape_beyond_the_memory_is_refused() =>
        Should.Throw<ArgumentOutOfRangeException>(() => _graph.Ids.Reshape(1, 513));

    [Fact]
    public async Task A_run_ends_soon_after_termination_and_the_plan_works_again()
    {
        using RunPlan plan = _graph.NewPlan();
        _graph.Fill(tokens: 512);
        var running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Exception? ended = null;
        var thread = new Thread(() =>
        {
            try
            {
                running.SetResult();
                for (int i = 0; i < 1000; i++)
                {
                    plan.Run();
                }
            }
            catch (OperationCanceledException e)
            {
                ended = e;
            }
        });
        thread.Start();
        await running.Task;

        plan.Terminate();

        thread.Join(TimeSpan.FromSeconds(10)).ShouldBeTrue();
        ended.ShouldBeOfType<OperationCanceledException>();
        plan.ResetTermination();
        plan.Run();
    }

    [Fact]
    public void A_session_disposed_while_a_plan_lives_stays_usable_for_it()
    {
        using RunPlan plan = _graph.NewPlan();
        _graph.Session.Dispose();

        plan.Run();

        _graph.Hidden.Data<float>().ToArray().ShouldContain(v => v != 0);
    }

    [Fact]
    public void Elements_of_another_size_cannot_be_read() =>
        Should.Throw<InvalidOperationException>(() => _graph.Ids.Data<int>().Length);

    private void Step(RunPlan plan, int i)
    {
        _graph.Ids.Reshape(1, 4 + (i & 3));
        _graph.Mask.Reshape(1, 4 + (i & 3));
        _graph.Hidden.Reshape(1, 4 + (i & 3), 384);
        plan.Run();
    }
}
