/* The reply keys and button labels that the dialogue names in code: a reply set without one of them is
 * refused at load, so that no resident meets the gap. Both lists end with NULL. */
#ifndef TALK_KEYS_USED_H
#define TALK_KEYS_USED_H

extern const char *const talk_keys_used[];
extern const char *const talk_labels_used[];

#endif
