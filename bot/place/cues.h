/* Words that tell what a place beside them is to the person: where they live, work or came from, whom a
 * sentence is about, where a clause ends. In plain form (text/normalise.h), dialects included. */
#ifndef PLACE_CUES_H
#define PLACE_CUES_H

#include <stddef.h>

enum cue {
    CUE_PREPOSITION = 1 << 0, /* a place may stand behind it */
    CUE_LOCATIVE = 1 << 1,    /* … and something that is no place seldom does */
    CUE_FROM = 1 << 2,
    CUE_TO = 1 << 3,
    CUE_LIVE = 1 << 4,  /* bor, heime */
    CUE_MOVE = 1 << 5,  /* flytta: `fra` is past, `til` is home */
    CUE_COME = 1 << 6,  /* kommer fra */
    CUE_AWAY = 1 << 7,  /* jobber, født, hytte: not where they live */
    CUE_PAST = 1 << 8,  /* bodde */
    CUE_BE = 1 << 9,    /* er i, sitter i: for a place abroad */
    CUE_SEEK = 1 << 10, /* grupper i, noe i */
    CUE_SELF = 1 << 11,
    CUE_OTHER = 1 << 12,     /* mamma, hun: somebody else */
    CUE_BREAK = 1 << 13,     /* men, mens: another clause begins */
    CUE_JOIN = 1 << 14,      /* og, eller */
    CUE_NAME = 1 << 15,      /* heter, hilsen: a person's name comes */
    CUE_PLACE = 1 << 16,     /* kommune, sentrum: what stands beside is a place */
    CUE_ADJECTIVE = 1 << 17, /* gamle, indre: may stand between preposition and name */
    CUE_NOT = 1 << 18,
    CUE_POST = 1 << 19,          /* a postal code comes */
    CUE_UNIT = 1 << 20,          /* behind a number: it is no postal code */
    CUE_LIVED = 1 << 23,         /* har bodd: perhaps still */
    CUE_CORRECT = 1 << 25,       /* nei, jeg mener: what follows is meant instead */
    CUE_WRITE = 1 << 24,         /* skriver fra: is there now */
    CUE_COMMUTE = 1 << 22,       /* pendler: `fra` is home */
    CUE_BEFORE_NUMBER = 1 << 21, /* before a number: it is no postal code */
};

/* The cues of a word, or-ed together; 0 for a word that tells nothing. */
unsigned cue_of(const char *plain, size_t len);

#endif
