/* Session objects: what an application creates, kept in this process until the session that created it ends. */
#ifndef CODESIGNING_PKCS11_SESSION_OBJECTS_H
#define CODESIGNING_PKCS11_SESSION_OBJECTS_H

#include "object.h"

typedef struct p11_session_objects p11_session_objects;

/* NULL when out of memory. */
p11_session_objects *p11_session_objects_new(void);
void p11_session_objects_free(p11_session_objects *all);

/* Takes over the template where it succeeds. */
CK_RV p11_session_object_add(p11_session_objects *all, CK_SESSION_HANDLE owner, CK_SLOT_ID slot, p11_template *template,
                             CK_OBJECT_HANDLE *handle);

/* Calls `use` with the object. False when the slot has no such session object. */
bool p11_session_object_use(p11_session_objects *all, CK_SLOT_ID slot, CK_OBJECT_HANDLE handle, p11_user *use, void *context);

/* Calls `visit` for each session object of the slot. False when it wanted no more. */
bool p11_session_object_each(p11_session_objects *all, CK_SLOT_ID slot, p11_visitor *visit, void *context);

/* CKR_OBJECT_HANDLE_INVALID when the slot has no such session object; CKR_ACTION_PROHIBITED when it may not be destroyed. */
CK_RV p11_session_object_destroy(p11_session_objects *all, CK_SLOT_ID slot, CK_OBJECT_HANDLE handle);

/* The same for C_SetAttributeValue. */
CK_RV p11_session_object_change(p11_session_objects *all, CK_SLOT_ID slot, CK_OBJECT_HANDLE handle, const CK_ATTRIBUTE *given,
                                CK_ULONG count);

/* A session's objects end with it, the private ones of a slot with its login. */
void p11_session_objects_end_session(p11_session_objects *all, CK_SESSION_HANDLE owner);
void p11_session_objects_end_login(p11_session_objects *all, CK_SLOT_ID slot);

#endif
