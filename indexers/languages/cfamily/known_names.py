"""Names of the C and C++ standard libraries that resolution needs. Sources: ISO C annex B, POSIX.1 function index, ISO C++ [lib]."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """Return the words of a text as a set: tables of names stay readable as prose."""
    return frozenset(text.split())


KEYWORDS = frozenset(
    word.encode()
    for word in words(
        "if else for while do switch case default return sizeof goto break continue catch delete new typedef int char void long "
        "short float double unsigned signed struct union enum class static extern const"
    )
)
"""Never the name of a definition: where the grammar gives one, a macro has misled it."""

STANDARD_HEADERS = words(
    "assert.h complex.h ctype.h errno.h fenv.h float.h inttypes.h iso646.h limits.h locale.h math.h setjmp.h signal.h stdalign.h "
    "stdarg.h stdatomic.h stdbool.h stddef.h stdint.h stdio.h stdlib.h stdnoreturn.h string.h tgmath.h threads.h time.h uchar.h "
    "wchar.h wctype.h aio.h cpio.h dirent.h dlfcn.h fcntl.h fmtmsg.h fnmatch.h ftw.h glob.h grp.h iconv.h langinfo.h libgen.h "
    "monetary.h mqueue.h ndbm.h netdb.h nl_types.h poll.h pthread.h pwd.h regex.h sched.h search.h semaphore.h spawn.h strings.h "
    "stropts.h syslog.h tar.h termios.h unistd.h utime.h utmpx.h wordexp.h memory.h malloc.h alloca.h getopt.h endian.h features.h "
    "windows.h winsock2.h process.h io.h direct.h crtdbg.h intrin.h "
    "algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono cinttypes climits clocale cmath "
    "compare complex concepts condition_variable coroutine csetjmp csignal cstdarg cstddef cstdint cstdio cstdlib cstring ctime "
    "cuchar cwchar cwctype deque exception execution expected filesystem format forward_list fstream functional future initializer_list "
    "iomanip ios iosfwd iostream istream iterator latch limits list locale map memory memory_resource mutex new numbers numeric optional "
    "ostream print queue random ranges ratio regex scoped_allocator semaphore set shared_mutex source_location span sstream stack "
    "stdexcept stop_token streambuf string string_view strstream syncstream system_error thread tuple type_traits typeindex typeinfo "
    "unordered_map unordered_set utility valarray variant vector version"
)
"""Headers of the system that `<...>` means before any file of the project that happens to be named so."""

TRANSPARENT_TYPES = dict.fromkeys(
    words(
        "unique_ptr shared_ptr weak_ptr optional reference_wrapper atomic scoped_ptr scoped_refptr RefPtr intrusive_ptr QPointer "
        "QSharedPointer QScopedPointer observer_ptr not_null"
    ),
    0,
)
"""Types through which `->` reaches what they hold."""

TRANSPARENT_MEMBERS = frozenset({"get", "value", "lock", "load"})

_C_LIBRARY = words(
    "assert abort exit _exit atexit malloc calloc realloc free memcpy memmove memset memcmp memchr strcpy strncpy strcat strncat strcmp "
    "strncmp strcasecmp strncasecmp strlen strnlen strchr strrchr strstr strtok strtok_r strdup strndup strerror strspn strcspn strpbrk "
    "strcoll strxfrm sprintf snprintf vsprintf vsnprintf printf fprintf vprintf vfprintf dprintf asprintf vasprintf scanf sscanf fscanf puts "
    "fputs putc putchar fputc getc getchar fgetc fgets gets ungetc fopen freopen fclose fread fwrite fseek ftell fseeko ftello rewind fflush "
    "feof ferror clearerr fileno perror remove rename tmpfile setvbuf setbuf atoi atol atoll atof strtol strtoll strtoul strtoull strtod "
    "strtof abs labs llabs div rand srand random srandom qsort bsearch getenv setenv unsetenv putenv system time clock difftime mktime gmtime "
    "localtime gmtime_r localtime_r strftime asctime ctime clock_gettime gettimeofday nanosleep usleep sleep signal raise sigaction "
    "sigemptyset sigaddset sigfillset sigprocmask pthread_sigmask kill setjmp longjmp isalpha isdigit isalnum isspace isupper islower isprint "
    "ispunct isxdigit iscntrl toupper tolower floor ceil round sqrt pow exp log log2 log10 sin cos tan atan atan2 fabs fmod va_start va_arg "
    "va_end va_copy offsetof sizeof open close read write lseek pread pwrite readv writev fstat stat lstat fstatat chmod fchmod chown "
    "fchown mkdir rmdir unlink link symlink readlink realpath access dup dup2 pipe pipe2 fork execve execv execvp execl execlp wait waitpid "
    "getpid getppid getuid geteuid getgid getcwd chdir isatty ioctl fcntl select poll epoll_create epoll_create1 epoll_ctl epoll_wait kqueue "
    "kevent mmap munmap mprotect msync madvise fsync fdatasync ftruncate truncate sync flock opendir readdir closedir scandir socket "
    "socketpair bind listen accept accept4 connect send sendto sendmsg recv recvfrom recvmsg shutdown getsockname getpeername getsockopt "
    "setsockopt htons htonl ntohs ntohl inet_ntop inet_pton getaddrinfo freeaddrinfo gai_strerror gethostbyname pthread_create pthread_join "
    "pthread_detach pthread_self pthread_exit pthread_mutex_init pthread_mutex_destroy pthread_mutex_lock pthread_mutex_trylock "
    "pthread_mutex_unlock pthread_cond_init pthread_cond_destroy pthread_cond_wait pthread_cond_timedwait pthread_cond_signal "
    "pthread_cond_broadcast pthread_once pthread_key_create pthread_getspecific pthread_setspecific pthread_rwlock_rdlock "
    "pthread_rwlock_wrlock pthread_rwlock_unlock sem_init sem_wait sem_post sem_destroy dlopen dlsym dlclose dlerror sysconf getpagesize "
    "getrlimit setrlimit getrusage sched_yield alloca __builtin_expect __builtin_unreachable __sync_fetch_and_add "
    "__atomic_load_n __atomic_store_n atomic_load atomic_store atomic_fetch_add atomic_init errno stdin stdout stderr NULL"
)
_TYPES = words(
    "llong ullong void char short int long float double bool _Bool unsigned signed size_t ssize_t ptrdiff_t intptr_t uintptr_t int8_t int16_t int32_t "
    "int64_t uint8_t uint16_t uint32_t uint64_t off_t time_t pid_t uid_t gid_t mode_t FILE DIR wchar_t char16_t char32_t char8_t va_list "
    "pthread_t pthread_mutex_t pthread_cond_t sockaddr sockaddr_in sockaddr_in6 socklen_t timeval timespec"
)
_CPLUSPLUS = frozenset({"std", "boost", "absl", "testing", "Eigen", "cv", "QString", "QObject", "QWidget", "benchmark"})
_MARKS = frozenset({"str", "num", "list"})
"""Heads of literal marks, so that a member of a literal is external."""

TYPES = _TYPES
"""Types that every file sees: calling one gives a value of it."""

LINUX_FUNCTIONS = (_C_LIBRARY - {"kqueue", "kevent"}) | words(
    "strsep strcasestr strchrnul memmem mempcpy stpcpy vsyslog syslog getline getdelim getopt getopt_long basename dirname eventfd timerfd "
    "timerfd_create signalfd inotify_init sendfile splice prctl setproctitle_init getentropy getrandom posix_memalign memalign fallocate "
    "posix_fallocate mkstemp mkostemp setsid setuid setgid seteuid setegid initgroups getpwnam getpwnam_r getpwuid getpwuid_r uname localeconv "
    "setlocale getifaddrs getservbyname getnameinfo getprotobynumber inet_aton gethostbyname_r umask utimes utimensat futimens daemon "
    "backtrace timegm clock_getres sigaltstack siginfo_t wait3 wait4 waitid clearenv tzset strptime timeradd timerclear timercmp timerisset "
    "epoll recvmmsg sendmmsg nl_langinfo iconv fmemopen open_memstream secure_getenv pthreads pthread"
)
"""Functions of every C library of Linux, by the names that configuration scripts give them."""
LINUX_HEADERS = frozenset(
    name.replace(".", "_").replace("/", "_")
    for name in STANDARD_HEADERS - words("windows.h winsock2.h process.h io.h direct.h crtdbg.h intrin.h ndbm.h")
    if name.endswith(".h")
) | words(
    "sys_types_h sys_stat_h sys_time_h sys_socket_h sys_un_h sys_uio_h sys_mman_h sys_wait_h sys_ioctl_h sys_select_h sys_param_h "
    "sys_resource_h sys_utsname_h sys_epoll_h sys_eventfd_h sys_timerfd_h sys_signalfd_h sys_inotify_h sys_sendfile_h sys_prctl_h sys_file_h "
    "sys_statvfs_h sys_queue_h sys_random_h netinet_in_h netinet_tcp_h arpa_inet_h net_if_h ifaddrs_h paths_h pwd_h execinfo_h linux_types_h"
)
"""Headers of every C library of Linux, as configuration scripts write them."""

BUILTINS = (
    _C_LIBRARY | (LINUX_FUNCTIONS - words("getopt getopt_long daemon basename dirname")) | _TYPES | _CPLUSPLUS | _MARKS
)

COMMON_MEMBERS = TRANSPARENT_MEMBERS | words(
    "size empty begin end cbegin cend rbegin rend push_back emplace_back pop_back push_front pop_front front back insert emplace erase "
    "clear find count at data c_str length substr append assign reserve resize capacity swap reset release str open close read write "
    "first second lock unlock try_lock wait notify_one notify_all join detach joinable push pop top what good fail eof flush get_deleter "
    "has_value value_or store exchange fetch_add fetch_sub load compare contains merge extract key_comp"
)
"""Members of the standard library's classes: never bound to a project symbol by name alone."""
