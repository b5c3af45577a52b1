/* The server's address. */
#ifndef CODESIGNING_SETTINGS_SERVER_URL_H
#define CODESIGNING_SETTINGS_SERVER_URL_H

/* What the address must be or must not have, in words that follow its name; NULL for a valid one: https, or http to this
 * very machine, without user, query or fragment. */
const char *cs_server_url_fault(const char *url);

#endif
