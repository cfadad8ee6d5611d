/* Processors worth a thread each: see cpus.h. */
#include "core/cpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY_CPUS = 8, LONGEST_PATH = 4096, LONGEST_LINE = 256 };

/* The first line of a file below `root`; 0 if there is none. */
static int read_line(char line[LONGEST_LINE], const char *root, const char *path) {
    char whole[LONGEST_PATH];
    if (snprintf(whole, sizeof whole, "%s%s", root, path) >= (int)sizeof whole) return 0;
    FILE *file = fopen(whole, "r");
    if (file == NULL) return 0;
    const int found = fgets(line, LONGEST_LINE, file) != NULL;
    fclose(file);
    return found;
}

/* Whether `cpu` is the first of its core's threads, of those among `cpus`. A processor that the
 * system says nothing about is a core of its own. */
static int is_first_of_core(const char *root, const int *cpus, int n, int cpu) {
    char path[LONGEST_LINE], line[LONGEST_LINE];
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu);
    if (!read_line(line, root, path)) return 1;
    for (char *at = line; *at >= '0' && *at <= '9';) { /* such as 0,64 or 0-1 */
        const long first = strtol(at, &at, 10);
        const long last = *at == '-' ? strtol(at + 1, &at, 10) : first;
        for (int k = 0; k < n; k++)
            if (cpus[k] >= first && cpus[k] <= last && cpus[k] < cpu) return 0;
        if (*at == ',') at++;
    }
    return 1;
}

static int count_cores(const char *root, const int *cpus, int n) {
    int cores = 0;
    for (int k = 0; k < n; k++) cores += is_first_of_core(root, cpus, n, cpus[k]);
    return cores;
}

/* Processors' time that the container may use in a period of time, rounded up; 0 without a limit.
 */
static long quota(const char *root) {
    char line[LONGEST_LINE];
    long allowed = 0, period = 0;
    if (read_line(line, root, "/sys/fs/cgroup/cpu.max")) {
        if (sscanf(line, "%ld %ld", &allowed, &period) != 2) return 0; /* "max 100000" */
    } else {
        if (!read_line(line, root, "/sys/fs/cgroup/cpu/cpu.cfs_quota_us")) return 0;
        allowed = strtol(line, NULL, 10);
        if (!read_line(line, root, "/sys/fs/cgroup/cpu/cpu.cfs_period_us")) return 0;
        period = strtol(line, NULL, 10);
    }
    return allowed > 0 && period > 0 ? (allowed + period - 1) / period : 0;
}

int fernet_count_cpus(const char *root, const int *cpus, int n) {
    const long limit = quota(root);
    int count = n > MANY_CPUS ? count_cores(root, cpus, n) : n;
    if (limit > 0 && limit < count) count = (int)limit;
    return count > 0 ? count : 1;
}
