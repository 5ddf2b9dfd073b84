using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using EnterpriseRag.Inference.Native;

namespace EnterpriseRag.Inference.Generation.KvCache;

/// <summary>
/// Keys and values of prompt beginnings, in blocks of one prefill chunk. A block's key hashes every token before and in it, the adapter and the caller's scope, so
/// a hit is the same beginning in the same scope and nothing else; and because blocks are whole chunks, an answer from cached blocks equals a cold one bit for bit.
/// Least recently used blocks go first. Engine thread only, but for <see cref="Invalidate"/>.
/// </summary>
internal sealed class PrefixCache(KvSlots slots) : IDisposable
{
    public const int BlockTokens = Decoding.Decoder.ChunkTokens;

    private readonly Dictionary<BlockKey, LinkedListNode<Block>> _blocks = [];
    private readonly LinkedList<Block> _byUse = new(); // first: least recently used
    private readonly List<LinkedListNode<Block>> _found = []; // used within Restore
    private int _held; // epoch of the blocks
    private int _epoch; // Volatile; any thread raises it

    /// <summary>Raised by <see cref="Invalidate"/>. What was computed in an older one may not be added.</summary>
    public int Epoch => Volatile.Read(ref _epoch);

    /// <summary>Tokens whose keys and values are held.</summary>
    public long Tokens => (long)_blocks.Count * BlockTokens;

    /// <summary>The hash before the first block.</summary>
    public static BlockKey Root(string scope, string? adapter)
    {
        // Lengths first: no scope with an adapter may read like another pair.
        string text = FormattableString.Invariant($"{scope.Length}:{scope}:{adapter?.Length ?? -1}:{adapter}");
        return BlockKey.Hash(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>From now on no block of before is found; the memory goes when the engine's thread comes by. Any thread.</summary>
    public void Invalidate() => Interlocked.Increment(ref _epoch);

    /// <summary>Frees what <see cref="Invalidate"/> has doomed.</summary>
    public void DropInvalid()
    {
        int epoch = Epoch;
        if (_held != epoch)
        {
            while (DropOldest())
            {
            }

            _held = epoch;
        }
    }

    /// <summary>Copies the longest known beginning of the prompt into a slot.</summary>
    /// <param name="key">In: the root. Out: the key of the last block that was found, to go on from.</param>
    /// <param name="prompt">At least its last token is left to compute: somebody must make logits.</param>
    /// <param name="slot">Takes the keys and values from token 0.</param>
    /// <returns>Tokens that the slot now has.</returns>
    public int Restore(ref BlockKey key, ReadOnlySpan<int> prompt, int slot)
    {
        DropInvalid();
        int length = 0;
        while (length + BlockTokens < prompt.Length)
        {
            BlockKey next = key.Next(prompt.Slice(length, BlockTokens));
            if (!_blocks.TryGetValue(next, out LinkedListNode<Block>? node))
            {
                break;
            }

            slots.Write(slot, length, BlockTokens, node.Value.Memory);
            _found.Add(node);
            key = next;
            length += BlockTokens;
        }

        // Later blocks are worth nothing without the earlier, so they shall go before them.
        for (int i = _found.Count - 1; i >= 0; i--)
        {
            _byUse.Remove(_found[i]);
            _byUse.AddLast(_found[i]);
        }

        _found.Clear();
        return length;
    }

    /// <summary>Keeps a block that was just computed.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="before">Key of the block before it; goes after this one.</param>
    /// <param name="slot">Where it lies.</param>
    /// <param name="start">Its first token.</param>
    /// <param name="epoch">When its computation began.</param>
    /// <param name="freeTokens">Tokens that the budget has left.</param>
    public void Add(BlockKey key, BlockKey before, int slot, int start, int epoch, long freeTokens)
    {
        DropInvalid();
        if (epoch != _held || _blocks.ContainsKey(key))
        {
            return;
        }

        if (freeTokens < BlockTokens && !DropOldest())
        {
            return; // running sequences have all of it
        }

        var block = new Block(key, NativeBuffer.Reserve(BlockTokens * slots.BytesPerToken));
        slots.Read(slot, start, BlockTokens, block.Memory);
        _blocks.Add(key, _blocks.TryGetValue(before, out LinkedListNode<Block>? earlier) ? _byUse.AddBefore(earlier, block) : _byUse.AddLast(block));
    }

    /// <summary>Frees the least recently used block; false when there is none.</summary>
    public bool DropOldest()
    {
        if (_byUse.First is not { } oldest)
        {
            return false;
        }

        _byUse.RemoveFirst();
        _blocks.Remove(oldest.Value.Key);
        oldest.Value.Memory.Dispose();
        return true;
    }

    public void Dispose()
    {
        while (DropOldest())
        {
        }
    }

    private sealed record Block(BlockKey Key, NativeBuffer Memory);
}

/// <summary>SHA-256 of all that a block's keys and values depend on.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct BlockKey(ulong A, ulong B, ulong C, ulong D)
{
    public static BlockKey Hash(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return new BlockKey(
            BinaryPrimitives.ReadUInt64LittleEndian(hash), BinaryPrimitives.ReadUInt64LittleEndian(hash[8..]), BinaryPrimitives.ReadUInt64LittleEndian(hash[16..]), BinaryPrimitives.ReadUInt64LittleEndian(hash[24..]));
    }

    /// <summary>The key of the block that follows.</summary>
    public BlockKey Next(ReadOnlySpan<int> tokens)
    {
        ReadOnlySpan<byte> ids = MemoryMarshal.AsBytes(tokens);
        Span<byte> bytes = stackalloc byte[SHA256.HashSizeInBytes + (PrefixCache.BlockTokens * sizeof(int))];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, A);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], B);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], C);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], D);
        ids.CopyTo(bytes[SHA256.HashSizeInBytes..]);
        return Hash(bytes);
    }
}
