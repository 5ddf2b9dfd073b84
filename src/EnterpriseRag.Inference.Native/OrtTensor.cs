using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using EnterpriseRag.Inference.Native.Bindings;

namespace EnterpriseRag.Inference.Native;

/// <summary>
/// A tensor over memory that is allocated once and given a new shape per run. Belongs to one thread at a time. Dispose it after the plans that use it.
/// </summary>
internal sealed unsafe class OrtTensor : IDisposable
{
    private const int MaxRank = 8;

    private readonly NativeBuffer _memory;
    private readonly ValueHandle _value;
    private ShapeBuffer _shape;
    private int _rank = -1;
    private long _first; // element of the memory at which the present shape begins

    /// <param name="type">Element type; fixed.</param>
    /// <param name="capacity">Elements that the memory holds; no shape may need more.</param>
    public OrtTensor(ElementType type, long capacity)
        : this(type, capacity, new NativeBuffer(Math.Max(checked(capacity * type.SizeInBytes()), 1)))
    {
    }

    private OrtTensor(ElementType type, long capacity, NativeBuffer memory)
    {
        Type = type;
        Capacity = capacity;
        _memory = memory;
        _value = new ValueHandle(memory);
    }

    /// <summary>A tensor over reserved address space: only the elements that were written cost memory.</summary>
    /// <inheritdoc cref="NativeBuffer.Reserve"/>
    public static OrtTensor Reserve(ElementType type, long capacity) => new(type, capacity, NativeBuffer.Reserve(Math.Max(checked(capacity * type.SizeInBytes()), 1)));

    public ElementType Type { get; }

    public long Capacity { get; }

    /// <summary>Elements of the present shape; 0 before the first <see cref="Reshape"/>.</summary>
    public long Length { get; private set; }

    public ReadOnlySpan<long> Shape => _rank < 0 ? default : ((ReadOnlySpan<long>)_shape)[.._rank];

    internal ValueHandle Value => _value;

    /// <summary>Sets the shape; the memory keeps its content. Costs nothing when the shape is the present one, no managed memory otherwise.</summary>
    public void Reshape(params ReadOnlySpan<long> shape) => Place(0, shape);

    /// <summary>Sets the shape and the element of the memory at which the tensor begins. Costs as <see cref="Reshape"/>.</summary>
    public void Place(long first, params ReadOnlySpan<long> shape)
    {
        if (_first == first && _rank == shape.Length && Shape.SequenceEqual(shape))
        {
            return;
        }

        ArgumentOutOfRangeException.ThrowIfNegative(first);

        ArgumentOutOfRangeException.ThrowIfGreaterThan(shape.Length, MaxRank);
        long length = 1;
        foreach (long size in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(size);
            length = checked(length * size);
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(checked(first + length), Capacity, nameof(shape));
        fixed (long* dimensions = shape)
        {
            byte* start = _memory.Pointer + (first * Type.SizeInBytes());
            _value.Replace(OrtApi.NewTensor(OrtEnvironment.CpuMemory, start, (nuint)(length * Type.SizeInBytes()), dimensions, shape.Length, Type));
        }

        shape.CopyTo(_shape);
        _rank = shape.Length;
        _first = first;
        Length = length;
    }

    /// <summary>The elements of the present shape. Valid until the tensor is disposed.</summary>
    public Span<T> Data<T>()
        where T : unmanaged => Memory<T>(_first, Length);

    /// <summary>All elements that the memory can hold, whatever the shape.</summary>
    public Span<T> AllData<T>()
        where T : unmanaged => Memory<T>(0, Capacity);

    /// <summary>A part of the memory as bytes, whatever the shape.</summary>
    public Span<byte> Bytes(long firstElement, int elements)
    {
        ObjectDisposedException.ThrowIf(_memory.IsClosed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(firstElement);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstElement + elements, Capacity, nameof(elements));
        return new Span<byte>(_memory.Pointer + (firstElement * Type.SizeInBytes()), checked(elements * Type.SizeInBytes()));
    }

    /// <inheritdoc cref="NativeBuffer.Discard"/>
    public void Discard(long firstElement, long elements) => _memory.Discard(firstElement * Type.SizeInBytes(), elements * Type.SizeInBytes());

    public void Dispose()
    {
        _value.Dispose();
        _memory.Dispose();
    }

    private Span<T> Memory<T>(long first, long elements)
        where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(_memory.IsClosed, this);
        if (Unsafe.SizeOf<T>() != Type.SizeInBytes())
        {
            throw new InvalidOperationException($"{typeof(T).Name} is not an element of a {Type} tensor.");
        }

        return MemoryMarshal.CreateSpan(ref Unsafe.AsRef<T>(_memory.Pointer + (first * Type.SizeInBytes())), checked((int)elements));
    }

    [InlineArray(MaxRank)]
    private struct ShapeBuffer
    {
        private long _first;
    }
}
