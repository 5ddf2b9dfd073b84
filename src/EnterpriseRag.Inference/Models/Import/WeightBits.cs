namespace EnterpriseRag.Inference.Models.Import;

/// <summary>Width of the weights in the imported folder.</summary>
public enum WeightBits
{
    /// <summary>As the published file allows without another rounding: Q4_0 stays at 4 bits, all else gets 8.</summary>
    Auto = 0,

    /// <summary>4 bits for weights published as F32, F16, BF16 or Q4_0 (floats lose quality, the card says so); others 8.</summary>
    Four = 4,

    Eight = 8,

    /// <summary>No quantisation: four times the memory of 8 bits; for tests and small models.</summary>
    Full = 32,
}
