namespace EnterpriseRag.Inference.Generation.ChatTemplates;

/// <summary>Calculations with whole numbers (64 bits, checked) and fractions; a truth value counts as 0 or 1.</summary>
internal static class TemplateArithmetic
{
    public static object Calculate(string name, object? left, object? right)
    {
        try
        {
            return left is double || right is double || name is "/"
                ? Calculate(name, TemplateNumber.Of(Scalar(left)), TemplateNumber.Of(Scalar(right)))
                : Calculate(name, TemplateValue.Number(left), TemplateValue.Number(right));
        }
        catch (ArithmeticException)
        {
            throw new ChatTemplateException("Chat template: a calculation overflows or divides by zero.");
        }
    }

    public static object Negate(object? value) => value is double number ? -number : Calculate("-", 0L, value);

    private static object? Scalar(object? value) => value is long or double or bool ? value : throw new ChatTemplateException($"Chat template: {TemplateValue.Name(value)} is not a number.");

    // The sign of a remainder is the dividend's, as in the reference.
    private static object Calculate(string name, long left, long right) => name switch
    {
        "+" => (object)checked(left + right), // each arm boxed as its own type
        "-" => checked(left - right),
        "*" => checked(left * right),
        "//" => checked((left / right) - (left % right != 0 && (left < 0) != (right < 0) ? 1 : 0)),
        "%" => right == -1 ? 0 : left % right,
        "**" when right < 0 => Power(left, right),
        "**" => Power(left, right) is var power && Math.Abs(power) < 1L << 53 ? (long)power : throw new OverflowException(),
        _ => throw new InvalidOperationException($"No rule for '{name}'."),
    };

    private static object Calculate(string name, double left, double right) => name switch
    {
        "+" => (object)(left + right),
        "-" => left - right,
        "*" => left * right,
        "/" when right == 0 => throw new DivideByZeroException(),
        "/" => left / right,
        "//" when right == 0 => throw new DivideByZeroException(),
        "//" => Math.Floor(left / right),
        "%" when right == 0 => throw new DivideByZeroException(),
        "%" => left % right,
        "**" => Power(left, right),
        _ => throw new InvalidOperationException($"No rule for '{name}'."),
    };

    private static double Power(double left, double right) => Math.Pow(left, right) is var power && double.IsFinite(power) ? power : throw new OverflowException();
}
