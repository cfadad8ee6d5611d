/* How many of a machine's logical processors are worth a thread each. */
#ifndef FERNET_CPUS_H
#define FERNET_CPUS_H

#include "core/visibility.h"

/* Of the n processors `cpus` that the process may run on, by what Linux says in files below `root`
 * ("" for the real ones). Where they are many, a core counts once, however many threads it runs:
 * these share its multipliers. The quota of a container, service or job limits the number. At
 * least 1.
 */
FERNET_API int fernet_count_cpus(const char *root, const int *cpus, int n);

#endif
