#include "label.h"

#include <stdio.h>
#include <string.h>

#include "platform/platform.h"

enum { longest_signer_name = 32, mark_digits = 8 };

/* Some tools ignore the case of labels. */
static bool could_name_a_signer(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t length = strspn(text, letters);
    if (length == 0)
        return false;
    while (text[length] == '-' || (text[length] != '\0' && strchr(letters, text[length]) != NULL))
        length++;
    return text[length] == '\0' && length <= longest_signer_name;
}

/* The length of the longest beginning of `text` that fits into `room` bytes and ends with a whole character. */
static int fitting_length(const char *text, size_t room)
{
    size_t length = strlen(text);
    if (length <= room)
        return (int)length;
    while (room > 0 && ((unsigned char)text[room] & 0xc0) == 0x80)
        room--;
    return (int)room;
}

bool p11_label_make(const cs_certificate *authority, unsigned marks, p11_label *label)
{
    unsigned char hash[CS_MAX_DIGEST_LENGTH];
    char mark[3 + P11_LABEL_MARKS * mark_digits + 1] = "";
    const char *name = authority->name[0] != '\0' ? authority->name : "CA certificate";
    const char *suffix = could_name_a_signer(name) ? " (CA)" : "";
    if (marks > 0) {
        if (!cs_digest_compute(CS_HASH_SHA256, authority->der, authority->der_length, hash))
            return false;
        size_t length = (size_t)snprintf(mark, sizeof mark, " [");
        for (size_t i = 0; i < marks * mark_digits / 2; i++)
            length += (size_t)snprintf(mark + length, sizeof mark - length, "%02x", hash[i]);
        snprintf(mark + length, sizeof mark - length, "]");
    }
    size_t room = sizeof label->text - 1 - strlen(suffix) - strlen(mark);
    snprintf(label->text, sizeof label->text, "%.*s%s%s", fitting_length(name, room), name, suffix, mark);
    return true;
}
