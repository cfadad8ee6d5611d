"""What the kernels were compiled with."""

cdef extern from *:
    """
    #if defined(__clang__)
    #define FERNET_COMPILER "clang " __clang_version__
    #elif defined(__GNUC__)
    #define FERNET_COMPILER "gcc " __VERSION__
    #else
    #define FERNET_COMPILER "unknown"
    #endif
    """
    const char *FERNET_COMPILER


def compiler() -> str:
    """Name and version of the C compiler."""
    return FERNET_COMPILER.decode()
