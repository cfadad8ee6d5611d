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

/* Processors' time that a control group may use in a period of time, rounded up; 0 without a limit.
 */
static long quota_of(const char *root, const char *group, int unified) {
    char path[LONGEST_PATH], line[LONGEST_LINE];
    const char *file = unified ? "cpu.max" : "cpu.cfs_quota_us";
    const char *folder = unified ? "" : "/cpu";
    long allowed = 0, period = 0;
    int length = snprintf(path, sizeof path, "/sys/fs/cgroup%s%s/%s", folder, group, file);
    if (length >= (int)sizeof path || !read_line(line, root, path)) return 0;
    if (unified) {
        if (sscanf(line, "%ld %ld", &allowed, &period) != 2) return 0; /* "max 100000" */
    } else {
        allowed = strtol(line, NULL, 10);
        length = snprintf(path, sizeof path, "/sys/fs/cgroup/cpu%s/cpu.cfs_period_us", group);
        if (length >= (int)sizeof path || !read_line(line, root, path)) return 0;
        period = strtol(line, NULL, 10);
    }
    return allowed > 0 && period > 0 ? (allowed + period - 1) / period : 0;
}

/* The least quota of a group and those that it lies in; cuts `group` to "". */
static long least_quota(const char *root, char *group, int unified) {
    long least = 0;
    for (;;) {
        const long found = quota_of(root, group, unified);
        if (found > 0 && (least == 0 || found < least)) least = found;
        char *last = strrchr(group, '/');
        if (last == NULL) return least;
        *last = '\0';
    }
}

/* Whether a list such as "cpu,cpuacct" has "cpu". */
static int names_cpu(const char *list) {
    for (;; list++) {
        if (strncmp(list, "cpu", 3) == 0 && (list[3] == '\0' || list[3] == ',')) return 1;
        list = strchr(list, ',');
        if (list == NULL) return 0;
    }
}

/* The quota of the process, 0 without one. A container sees its own group at the top; a service of
 * systemd or a job of a batch system is in one below, which /proc names. */
static long quota(const char *root) {
    char path[LONGEST_PATH], line[LONGEST_PATH], top[1] = "";
    if (snprintf(path, sizeof path, "%s/proc/self/cgroup", root) >= (int)sizeof path) return 0;
    long least = least_quota(root, top, 1);
    if (least == 0) least = least_quota(root, top, 0);
    FILE *file = fopen(path, "r");
    if (file == NULL) return least;
    while (fgets(line, sizeof line, file) != NULL) { /* such as "0::/a/b", "4:cpu,cpuacct:/a/b" */
        line[strcspn(line, "\n")] = '\0';
        char *names = strchr(line, ':');
        char *group = names == NULL ? NULL : strchr(++names, ':');
        if (group == NULL) continue;
        *group++ = '\0';
        const int unified = *names == '\0';
        if (!unified && !names_cpu(names)) continue;
        const long found = least_quota(root, group, unified);
        if (found > 0 && (least == 0 || found < least)) least = found;
    }
    fclose(file);
    return least;
}

int fernet_count_cpus(const char *root, const int *cpus, int n) {
    const long limit = quota(root);
    int count = n > MANY_CPUS ? count_cores(root, cpus, n) : n;
    if (limit > 0 && limit < count) count = (int)limit;
    return count > 0 ? count : 1;
}
