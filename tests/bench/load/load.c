/*
 * Sends one HTTP/1.1 request over and over on many kept-alive connections, each waiting for its answer before it asks
 * again, and tells how many were answered and how long they took. It runs on the same cores as the server that it loads,
 * so it does nothing else: one thread, no allocation once it runs, the answers' bodies only counted through.
 *
 *   load PORT CONNECTIONS SECONDS REQUEST-FILE
 *
 * The file holds one request, or several one after the other, which are then sent by turns.
 *
 * Prints one JSON object. Ends with 1 if any answer was not 200.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 1024, ANSWER_SIZE = 128 * 1024, MAX_REQUESTS = 16 * 1024, MAX_SAMPLES = 1 << 20 };

typedef struct {
    int socket;
    uint64_t asked_ns;
    size_t length; /* of the answer so far */
    char answer[ANSWER_SIZE];
} connection;

static connection connections[MAX_CONNECTIONS];
static char *requests; /* one after the other */
static struct { const char *text; size_t length; } turns[MAX_REQUESTS];
static size_t turn_count, turn;
static uint32_t samples_us[MAX_SAMPLES];
static size_t sample_count;
static uint64_t answered, refused;
static char first_refusal[1024];

static void fail(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(2);
}

static uint64_t now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static const char *header(const char *head, const char *name);

static void read_requests(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        fail(path);
    size_t size = (size_t)ftell(file);
    rewind(file);
    requests = calloc(1, size + 1);
    if (requests == NULL || fread(requests, 1, size, file) != size)
        fail(path);
    fclose(file);
    for (char *text = requests, *body; text < requests + size; text = body) {
        body = strstr(text, "\r\n\r\n");
        if (body == NULL || turn_count == MAX_REQUESTS)
            fail("the request file holds no requests, or too many");
        body[2] = '\0';
        const char *length = header(text, "Content-Length");
        body[2] = '\r';
        body += 4 + (length != NULL ? strtoul(length, NULL, 10) : 0);
        turns[turn_count].text = text;
        turns[turn_count++].length = (size_t)(body - text);
    }
    if (turn_count == 0)
        fail("the request file is empty");
}

static void connect_to(connection *c, uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int on = 1;
    c->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->socket < 0 || connect(c->socket, (struct sockaddr *)&address, sizeof address) != 0)
        fail("connect");
    setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void ask(connection *c) {
    c->length = 0;
    c->asked_ns = now_ns();
    if (send(c->socket, turns[turn].text, turns[turn].length, MSG_NOSIGNAL) != (ssize_t)turns[turn].length)
        fail("send");
    turn = (turn + 1) % turn_count;
}

/* The value of a header, or NULL. The head is NUL-terminated in place while it is looked at. */
static const char *header(const char *head, const char *name) {
    size_t length = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, length) == 0 && line[length] == ':')
            return line + length + 1;
    }
    return NULL;
}

/* Whether the chunks from `from` on are all there (RFC 9112, section 7.1). */
static bool chunks_end(const char *from, const char *end) {
    while (from < end) {
        char *after;
        unsigned long size = strtoul(from, &after, 16);
        if (after == from || end - after < 2 + (long)size + 2)
            return false;
        from = after + 2 + size + 2;
        if (size == 0)
            return true;
    }
    return false;
}

static bool is_whole(connection *c) {
    c->answer[c->length] = '\0';
    char *body = strstr(c->answer, "\r\n\r\n");
    if (body == NULL)
        return false;
    body[2] = '\0';
    const char *length = header(c->answer, "Content-Length");
    body[2] = '\r';
    body += 4;
    if (length != NULL)
        return c->length >= (size_t)(body - c->answer) + strtoul(length, NULL, 10);
    return chunks_end(body, c->answer + c->length);
}

static void note(const connection *c) {
    uint64_t took_us = (now_ns() - c->asked_ns) / 1000;
    if (sample_count < MAX_SAMPLES)
        samples_us[sample_count++] = took_us > UINT32_MAX ? UINT32_MAX : (uint32_t)took_us;
    if (strncmp(c->answer, "HTTP/1.1 200 ", 13) == 0) {
        answered++;
        return;
    }
    if (refused++ == 0)
        memcpy(first_refusal, c->answer, sizeof first_refusal - 1);
}

/* Reads what is there; true once the answer is whole. */
static bool receive(connection *c) {
    ssize_t count = recv(c->socket, c->answer + c->length, sizeof c->answer - 1 - c->length, 0);
    if (count <= 0)
        fail("the server ended the connection");
    c->length += (size_t)count;
    if (c->length == sizeof c->answer - 1)
        fail("the answer is too long");
    return is_whole(c);
}

static int compare(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void print_result(double seconds) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                 (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    double sum = 0;
    for (size_t i = 0; i < sample_count; i++)
        sum += samples_us[i];
    qsort(samples_us, sample_count, sizeof samples_us[0], compare);
    size_t last = sample_count == 0 ? 0 : sample_count - 1;
    printf("{\"answered\":%llu,\"refused\":%llu,\"seconds\":%.3f,\"perSecond\":%.1f,\"meanUs\":%.0f,\"p50Us\":%u,"
           "\"p99Us\":%u,\"p999Us\":%u,\"maxUs\":%u,\"clientCpuSeconds\":%.3f}\n",
           (unsigned long long)answered, (unsigned long long)refused, seconds, (double)answered / seconds,
           sample_count == 0 ? 0 : sum / (double)sample_count, samples_us[sample_count / 2], samples_us[last * 99 / 100],
           samples_us[last * 999 / 1000], samples_us[last], cpu);
    if (refused != 0)
        fprintf(stderr, "load: the first answer that was not 200:\n%s\n", first_refusal);
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "load PORT CONNECTIONS SECONDS REQUEST-FILE\n");
        return 2;
    }
    uint16_t port = (uint16_t)strtoul(argv[1], NULL, 10);
    size_t count = strtoul(argv[2], NULL, 10);
    double seconds = strtod(argv[3], NULL);
    if (count == 0 || count > MAX_CONNECTIONS) {
        fprintf(stderr, "load: 1 to %d connections\n", MAX_CONNECTIONS);
        return 2;
    }
    read_requests(argv[4]);

    int events = epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; i < count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &connections[i]};
        connect_to(&connections[i], port);
        if (epoll_ctl(events, EPOLL_CTL_ADD, connections[i].socket, &event) != 0)
            fail("epoll_ctl");
    }

    uint64_t begin = now_ns(), end = begin + (uint64_t)(seconds * 1e9);
    for (size_t i = 0; i < count; i++)
        ask(&connections[i]);
    for (size_t waiting = count; waiting > 0;) {
        struct epoll_event ready[64];
        int readable = epoll_wait(events, ready, 64, 30000);
        if (readable <= 0)
            fail("no answer for 30 seconds");
        for (int i = 0; i < readable; i++) {
            connection *c = ready[i].data.ptr;
            if (!receive(c))
                continue;
            note(c);
            if (now_ns() < end)
                ask(c);
            else
                waiting--;
        }
    }
    print_result((double)(now_ns() - begin) / 1e9);
    return refused == 0 ? 0 : 1;
}
