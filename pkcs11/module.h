/* The inside of the PKCS#11 module: one module state a process, tokens and sessions in it. The files named after
 * chapters of the standard hold the C_ functions; what talks to the server is in native/. */
#ifndef CODESIGNING_PKCS11_MODULE_H
#define CODESIGNING_PKCS11_MODULE_H

#include "codesigning/client.h"
#include "cryptoki.h"
#include "platform.h"

typedef struct p11_module p11_module;
typedef struct p11_session p11_session;

/* --- state (module.c) ------------------------------------------------------------------------------------------- */

/* Begins a call: the process is the one that initialised, and the module stays until p11_leave. */
CK_RV p11_enter(p11_module **module);

/* Ends it and passes `rv` on; failures go to the log at level debug. */
CK_RV p11_leave(p11_module *module, const char *function, CK_RV rv);

cs_client *p11_client(p11_module *module);

/* The fixed table from the core's results to CKR values. */
CK_RV p11_rv(cs_result result);

/* --- signers and slots (token.c) -------------------------------------------------------------------------------- */

/* What an object is found by. Only a signer's leaf and keys bear its name. */
typedef struct p11_label {
    char text[65];
} p11_label;

/* A CA certificate's label: its subject's name, made so that no signer can be called that. With `marks`, which may be up to
 * P11_LABEL_MARKS, as many times eight digits of its SHA-256 follow, to tell it from another of that name. False when the
 * platform has no SHA-256. */
enum { P11_LABEL_MARKS = 4 };
bool p11_label_make(const cs_certificate *authority, unsigned marks, p11_label *label);

/* A signer as this process has come to know it. Entries are only ever added, so that pointers, slots and handles stay
 * good until C_Finalize; a signer whose name or certificates change gets a new entry. */
typedef struct p11_signer {
    char id[129];
    char name[65];
    CK_SLOT_ID slot;
    cs_key_algorithm key;   /* as the catalogue has it; the certificate's wins once it is loaded */
    cs_chain *chain;        /* NULL until it was needed; never changes after that */
    p11_label *labels;      /* of the CA certificates in it */
    size_t index;           /* its handles are index * P11_HANDLES + 1 and following */
    bool present;           /* in the last list */
    bool superseded;        /* a later entry has the newer name or certificates */
} p11_signer;

enum { P11_HANDLES = 32 };
_Static_assert(2 + CS_MAX_CHAIN_LENGTH <= P11_HANDLES, "two keys and the longest chain have a handle each");

typedef struct p11_tokens p11_tokens;

p11_tokens *p11_tokens_new(void);
void p11_tokens_free(p11_tokens *tokens);
p11_tokens *p11_tokens_of(p11_module *module);

/* Without configured credentials there is one slot, where a PIN logs in and then all signers are. */
#define P11_LOGIN_SLOT 1UL

/* Asks the server for the list where the one at hand is too old. */
CK_RV p11_tokens_refresh(p11_module *module, cs_freshness freshness);

/* Copies up to `capacity` ids of present slots and counts them all. They come in the order of the tokens' labels: tools that
 * take a token by the beginning of its label take the first, and a name comes before those that it begins. */
size_t p11_slots(p11_module *module, CK_SLOT_ID *slots, size_t capacity);

/* CKR_OK when there is such a slot; asks the server once more on a miss. */
CK_RV p11_slot_check(p11_module *module, CK_SLOT_ID slot);

/* The slot's only signer, NULL for the login slot. */
const p11_signer *p11_slot_signer(p11_module *module, CK_SLOT_ID slot);

/* Makes sure the certificates of the slot's signers are there and not older than a minute. */
CK_RV p11_slot_load(p11_module *module, CK_SLOT_ID slot);

/* Whether the token at the slot has keys of this kind. */
bool p11_slot_has_keys(p11_module *module, CK_SLOT_ID slot, bool rsa);

/* Forgets the signers of the login slot when their owner logs out. */
void p11_tokens_forget(p11_module *module);

/* --- objects (object.c, attribute.c) ---------------------------------------------------------------------------- */

typedef struct p11_template p11_template;

/* A signer's, or one that the application made. */
typedef struct p11_object {
    const p11_template *made;          /* NULL for a signer's; the rest is a signer's */
    const p11_signer *signer;
    const cs_certificate *certificate; /* its own, or the leaf for the keys */
    const char *label;
    size_t position;                   /* of the certificate in the chain */
    CK_OBJECT_CLASS class;
} p11_object;

/* Calls `use` with the object, which is there until it returns. False when the slot has no such object (any more). */
typedef void p11_user(void *context, const p11_object *object);
bool p11_object_use(p11_module *module, CK_SLOT_ID slot, CK_OBJECT_HANDLE handle, p11_user *use, void *context);

/* The same for a signer's object alone. */
bool p11_object_find(p11_module *module, CK_SLOT_ID slot, CK_OBJECT_HANDLE handle, p11_object *object);

/* Calls `visit` for each object of the slot until it answers false. */
typedef bool p11_visitor(void *context, CK_OBJECT_HANDLE handle, const p11_object *object);
void p11_object_each(p11_module *module, CK_SLOT_ID slot, p11_visitor *visit, void *context);

typedef struct p11_value {
    const void *data;
    size_t length;
    unsigned char scratch[160]; /* for values that are made rather than pointed to */
} p11_value;

/* CKR_OK, CKR_ATTRIBUTE_SENSITIVE or CKR_ATTRIBUTE_TYPE_INVALID. A CK_ULONG that is not known is
 * CK_UNAVAILABLE_INFORMATION. */
CK_RV p11_attribute(const p11_object *object, CK_ATTRIBUTE_TYPE type, p11_value *value);

/* --- session objects (made.c, template.c) ------------------------------------------------------------------------ */

typedef struct p11_made_objects p11_made_objects;

p11_made_objects *p11_made_new(void);
void p11_made_free(p11_made_objects *all);
p11_made_objects *p11_made_of(p11_module *module);

bool p11_made_use(p11_module *module, CK_SLOT_ID slot, CK_OBJECT_HANDLE handle, p11_user *use, void *context);

/* False when `visit` wanted no more. */
bool p11_made_each(p11_module *module, CK_SLOT_ID slot, p11_visitor *visit, void *context);

/* The session's objects end with it, the private ones of a slot with its login. */
void p11_made_end_session(p11_module *module, CK_SESSION_HANDLE owner);
void p11_made_end_login(p11_module *module, CK_SLOT_ID slot);

CK_RV p11_template_read(const p11_template *template, CK_ATTRIBUTE_TYPE type, p11_value *out);

/* --- mechanisms (mechanism.c) ----------------------------------------------------------------------------------- */

typedef struct p11_mechanism {
    CK_MECHANISM_TYPE type;
    cs_scheme scheme;
    cs_hash hash;      /* CS_HASH_NONE: the caller brings a digest, or its DigestInfo */
    bool digest_only;  /* C_Digest */
} p11_mechanism;

/* NULL for one that is not offered. */
const p11_mechanism *p11_mechanism_find(CK_MECHANISM_TYPE type);
size_t p11_mechanisms(bool rsa, bool ec, CK_MECHANISM_TYPE *types, size_t capacity);
bool p11_mechanism_is_rsa(const p11_mechanism *mechanism);

/* --- sessions (session.c) --------------------------------------------------------------------------------------- */

/* How the data of an operation come: by C_Sign and its like, or by C_SignUpdate and C_SignFinal. A call of the other kind
 * is answered by CKR_OPERATION_ACTIVE and ends the operation (sections 5.10 to 5.12). */
typedef enum p11_manner { P11_UNDECIDED, P11_AT_ONCE, P11_BY_PARTS } p11_manner;

/* A signature or a verification under way. */
typedef struct p11_operation {
    const p11_mechanism *mechanism; /* NULL: none */
    const p11_signer *signer;
    cs_hash hash;            /* of the mechanism or of its parameters; CS_HASH_NONE until the data tells */
    cs_digest *digest;       /* mechanisms that hash */
    unsigned char data[128]; /* mechanisms that do not */
    size_t length;
    p11_manner manner;
} p11_operation;

struct p11_session {
    CK_SESSION_HANDLE handle;
    CK_SLOT_ID slot;
    CK_FLAGS flags;
    cs_mutex *lock;     /* held for the whole of a call on this session */
    size_t references;  /* under the lock of the sessions */
    bool closed;        /* likewise */
    bool searching;
    CK_OBJECT_HANDLE *found;
    size_t found_count;
    size_t found_taken;
    p11_operation sign;
    p11_operation verify;
    const p11_mechanism *digesting;
    cs_digest *digest;
    p11_manner digest_manner;
};

typedef struct p11_sessions p11_sessions;

p11_sessions *p11_sessions_new(void);
void p11_sessions_free(p11_sessions *sessions);
p11_sessions *p11_sessions_of(p11_module *module);

/* p11_enter, and the session locked. */
CK_RV p11_session_enter(CK_SESSION_HANDLE handle, p11_module **module, p11_session **session);
CK_RV p11_session_leave(p11_module *module, p11_session *session, const char *function, CK_RV rv);

/* Whether C_Login was called for the slot and holds. */
bool p11_is_logged_in(p11_module *module, CK_SLOT_ID slot);

/* Whether a wrong PIN was given since the last right one. */
bool p11_pin_was_refused(p11_module *module);

void p11_operation_end(p11_operation *operation);

/* How many sessions the slot has, and how many of them may write. */
void p11_session_count(p11_module *module, CK_SLOT_ID slot, CK_ULONG *all, CK_ULONG *writable);

#endif
