using EnterpriseRag.Evaluation;

// eval SET…: measures each set with the real pieces and prints one JSON line a figure. Unknown sets are an error.
if (args.Length == 0)
{
    Console.Error.WriteLine($"Name one or more sets: {string.Join(' ', EvaluationSets.Names)}");
    return 2;
}

foreach (var name in args)
{
    if (EvaluationSets.Find(name) is not { } set)
    {
        Console.Error.WriteLine($"Unknown set '{name}'. Sets: {string.Join(' ', EvaluationSets.Names)}");
        return 2;
    }

    await foreach (var figure in set(CancellationToken.None))
    {
        Console.WriteLine(figure.ToJson());
    }
}

return 0;
