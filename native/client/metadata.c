#include "metadata.h"

#include <string.h>

#include "platform/platform.h"
#include "redact.h"
#include "values/json.h"

enum { max_words = 512, max_metadata = 2048 };

static void collect_command_line(char *out, size_t capacity)
{
    cs_buffer text = { .limit = 64 * 1024 };
    const char *words[max_words];
    size_t count = 0;
    if (cs_command_line(&text) && text.length > 0) {
        for (size_t at = 0; at < text.length && count < max_words; at += strlen(text.data + at) + 1)
            words[count++] = text.data + at;
        cs_command_line_redact(words, count, out, capacity);
    }
    cs_buffer_release(&text);
}

void cs_metadata_collect(cs_metadata *metadata, bool with_command_line)
{
    memset(metadata, 0, sizeof *metadata);
    cs_program_name(metadata->tool, sizeof metadata->tool);
    cs_host_name(metadata->hostname, sizeof metadata->hostname);
    cs_user_name(metadata->user, sizeof metadata->user);
    if (with_command_line)
        collect_command_line(metadata->command, sizeof metadata->command);
}

static void write_if_known(cs_buffer *out, const char *name, const char *text)
{
    if (text != NULL && text[0] != '\0')
        cs_json_write_member(out, name, text);
}

void cs_metadata_write(cs_buffer *out, const cs_metadata *metadata, const char *artifact_digest)
{
    cs_buffer object = { .limit = 16 * 1024 };
    cs_buffer_append(&object, "{", 1);
    write_if_known(&object, "tool", metadata->tool);
    write_if_known(&object, "hostname", metadata->hostname);
    write_if_known(&object, "user", metadata->user);
    write_if_known(&object, "digest", artifact_digest);
    cs_buffer command = { .limit = 16 * 1024 };
    cs_json_write_string(&command, metadata->command);
    if (metadata->command[0] != '\0' && object.length + command.length + sizeof "\"command\":" <= max_metadata) {
        cs_json_write_name(&object, "command");
        cs_buffer_append(&object, command.data, command.length);
    }
    cs_buffer_append(&object, "}", 1);
    cs_buffer_append(out, object.data != NULL ? object.data : "{}", object.data != NULL ? object.length : 2);
    cs_buffer_release(&command);
    cs_buffer_release(&object);
}
