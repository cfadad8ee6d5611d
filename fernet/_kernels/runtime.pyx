"""What the kernels run on: the instruction set and the number of threads."""

cimport fernet._kernels.c_api as c_api


def available_isas() -> list[str]:
    """Names of the instruction sets usable on this machine, best first."""
    names = []
    cdef const char *name = c_api.fernet_available_isa(0)
    while name != NULL:
        names.append(name.decode())
        name = c_api.fernet_available_isa(<int>len(names))
    return names


def selected_isa() -> str:
    """Name of the instruction set that serves the kernels."""
    return c_api.fernet_selected_isa().decode()


def select_isa(str name):
    """Serve the kernels with the named instruction set from now on."""
    if c_api.fernet_select_isa(name.encode()) != 0:
        usable = ", ".join(available_isas())
        raise ValueError(
            f"instruction set {name!r} is not available on this machine, expected one of: {usable}"
        )


def get_num_threads() -> int:
    """Threads that a kernel may use, the caller's included."""
    return c_api.fernet_get_num_threads()


def set_num_threads(int n):
    """Let kernels use `n` threads, at least 1."""
    if n < 1:
        raise ValueError(f"n is {n}, expected a number of threads of 1 or more")
    c_api.fernet_set_num_threads(n)
