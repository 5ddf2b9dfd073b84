using System.Runtime.InteropServices;

namespace EnterpriseRag.Ingestion.Extract.Sandbox;

internal static class LibC
{
    public const int SigKill = 9;
    public const int SigXcpu = 24;
    public const int SigXfsz = 25;

    /// <summary>Signals a whole process group when <paramref name="pid"/> is negative; .NET can only signal one process at a time.</summary>
#pragma warning disable SYSLIB1054 // LibraryImport generates unsafe code; Inference.Native is the only project that may hold any, and two ints need no marshalling
    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int Kill(int pid, int signal);
#pragma warning restore SYSLIB1054
}
