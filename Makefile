# gong. `make demo` and `make test` are complete in themselves: they install what is missing, build
# and run. `make help` lists the rest.

ifeq ($(origin CC),default)
CC = gcc
endif
MODE ?= release
# Every core is used, whoever calls; makes within this one share its places.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
B = build/$(MODE)
PREFIX ?= /usr/local
DESTDIR ?=
ROOMS = core ledger policies ingest triggers notify

PACKAGES = gcc clang make pkg-config libc6-dev libnetcdf-dev libgeos-dev libudunits2-dev \
	libudunits2-data libzmq3-dev libsqlite3-dev libyaml-dev libjansson-dev libsodium-dev libssl-dev \
	libcurl4-openssl-dev libmicrohttpd-dev libsmpp34-dev libosmocore-dev libutf8proc-dev libcmocka-dev python3-zmq clang-format clang-tidy \
	libclang-rt-14-dev jq sqlite3 nginx-light python3 curl bsdextrautils git
# whole chunks of NetCDF-4 files; shapefiles and GeoPackages, which only gong-ogr reads
PACKAGES += libeccodes-dev libhdf5-dev libdeflate-dev libbz2-dev libgdal-dev gdal-bin
# the second store; its server is started by tests
PACKAGES += libpq-dev postgresql
# SMS: a gateway with a fake carrier
PACKAGES += kannel kannel-extras
# alerts, bank files, mail, MQTT, and the parts that their tests start
PACKAGES += libxml2-dev libxml2-utils xmlsec1 openssl libmosquitto-dev libqrencode-dev mosquitto mosquitto-clients \
	python3-aiosmtpd $(if $(shell command -v npm),,nodejs npm)
# a clock for the tests of live sites, which know no other than the system's
PACKAGES += faketime
# OPeNDAP by NetCDF-C's own program; servers that the tests of fetching start
PACKAGES += netcdf-bin openssl vsftpd

# --- how things are compiled -----------------------------------------------------------------------
OPT ?= -O2
WARN = -Wall -Wextra -Werror -Wshadow -Wconversion -Wswitch-enum -Wvla -Wmissing-prototypes \
	-Wstrict-prototypes -Wformat=2 -Wpointer-arith -Wcast-align -Wimplicit-fallthrough
HARDEN = -fstack-protector-strong -fPIE
SANITIZE ?=
CFLAGS_ALL = -std=gnu17 -D_GNU_SOURCE -I. -isystem /usr/include/libxml2 -g $(OPT) $(WARN) $(HARDEN) $(SANITIZE) \
	-ffp-contract=off -fno-strict-aliasing -MMD -MP $(CFLAGS)
LDFLAGS_ALL = -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(SANITIZE) $(LDFLAGS)

LIBS_core = -ljansson -lyaml -lsodium -lssl -lcrypto -lutf8proc -ludunits2 -lzmq -lxml2 -lmosquitto -lcurl -lqrencode -lmicrohttpd -lm
# libpq is loaded when a store is on PostgreSQL (ledger/pq_late.c); a benchmark uses more of it.
LIBS_ledger = -lsqlite3 -lpq
LIBS_ingest = -lnetcdf -leccodes -lhdf5_serial -ldeflate -lbz2 -lgeos_c
LIBS_season = -lnetcdf
# Other people's codecs, which ours are held against.
LIBS_tests_notify = -lsmpp34 -losmogsm -losmocore

# --- rooms: one folder is one archive, x_main.c in it is the program gong-x --------------------------
# BELOW_x: what the arrows let room x use. The linker keeps them.
BELOW_core =
BELOW_ledger = core
BELOW_policies = ledger core
BELOW_ingest = ledger core
BELOW_triggers = policies ledger core
BELOW_notify = ledger core

SRC_all = $(foreach r,$(ROOMS),$(wildcard $r/*.c)) $(wildcard data/season/*.c)
TESTS_all = $(foreach r,$(ROOMS) season,$(wildcard tests/$r/test_*.c))
BENCH_all = $(wildcard tests/bench/bench_*.c)

all: programs

# Quiet unless V=1.
V ?= 0
ifeq ($(V),0)
say = @printf '  %-4s %s\n' $(1) $(2);
else
say =
endif

define ROOM_rules
OBJ_$(1) = $$(patsubst %.c,$(B)/%.o,$$(filter-out %_main.c,$$(wildcard $(1)/*.c)))
ARCHIVES_$(1) = $(B)/$(1).a $$(foreach below,$$(BELOW_$(1)),$(B)/$$(below).a)
LINK_$(1) = $$(LIBS_$(1)) $$(foreach below,$$(BELOW_$(1)),$$(LIBS_$$(below)))
$(B)/$(1).a: $$(OBJ_$(1))
	@rm -f $$@
	@ar rcs $$@ $$^
PROGRAMS_$(1) = $$(patsubst $(1)/%_main.c,$(B)/gong-%,$$(filter-out core/gong_main.c,$$(wildcard $(1)/*_main.c)))
$$(PROGRAMS_$(1)): $(B)/gong-%: $(B)/$(1)/%_main.o $$(ARCHIVES_$(1))
	$$(call say,LD,$$@) $$(CC) -o $$@ $$^ $$(LDFLAGS_ALL) $$(LINK_$(1))
TESTS_$(1) = $$(patsubst %.c,$(B)/%,$$(wildcard tests/$(1)/test_*.c))
$$(TESTS_$(1)): $(B)/%: $(B)/%.o $$(ARCHIVES_$(1))
	$$(call say,LD,$$@) $$(CC) -o $$@ $$^ $$(LDFLAGS_ALL) -lcmocka $$(LIBS_tests_$(1)) $$(LINK_$(1))
endef
$(foreach room,$(ROOMS),$(eval $(call ROOM_rules,$(room))))

OBJ_season = $(patsubst %.c,$(B)/%.o,$(wildcard data/season/*.c))
$(B)/gong-season: $(OBJ_season) $(B)/core.a
	$(call say,LD,$@) $(CC) -o $@ $^ $(LDFLAGS_ALL) $(LIBS_season) $(LIBS_core)

# gong demo is a script beside the programs.
$(B)/gong-demo: data/demo.sh
	@mkdir -p $(@D)
	$(call say,CP,$@) install -m 0755 $< $@

# The generator's own tests: linked with it and with what it uses.
TESTS_season = $(patsubst %.c,$(B)/%,$(wildcard tests/season/test_*.c))
$(TESTS_season): $(B)/%: $(B)/%.o $(filter-out $(B)/data/season/season_main.o,$(OBJ_season)) $(B)/core.a
	$(call say,LD,$@) $(CC) -o $@ $^ $(LDFLAGS_ALL) -lcmocka $(LIBS_season) $(LIBS_core)

$(B)/gong: $(B)/core/gong_main.o $(B)/core.a
	$(call say,LD,$@) $(CC) -o $@ $^ $(LDFLAGS_ALL) $(LIBS_core)

# Programs and object files of tests and benchmarks may use every room.
$(B)/tests/bench/bench: $(patsubst %.c,$(B)/%.o,$(wildcard tests/bench/*.c)) \
		$(foreach r,triggers policies ingest notify ledger core,$(B)/$r.a)
	$(call say,LD,$@) $(CC) -o $@ $^ $(LDFLAGS_ALL) $(LIBS_ingest) $(LIBS_ledger) $(LIBS_core)

# Fuzz targets: linked with a replayer of seeds and mutations here, with libFuzzer by `make fuzz`.
FUZZ = $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
ALL_ARCHIVES = $(foreach r,triggers policies ingest notify ledger core,$(B)/$r.a)
ALL_LIBS = $(LIBS_ingest) $(LIBS_ledger) $(LIBS_core)
$(FUZZ:%=$(B)/tests/fuzz/fuzz_%): %: %.o $(B)/tests/fuzz/replay.o $(ALL_ARCHIVES)
	$(call say,LD,$@) $(CC) -o $@ $^ $(LDFLAGS_ALL) $(ALL_LIBS)
$(FUZZ:%=$(B)/tests/fuzz/libfuzzer_%): $(B)/tests/fuzz/libfuzzer_%: $(B)/tests/fuzz/fuzz_%.o $(ALL_ARCHIVES)
	$(call say,LD,$@) $(CC) -o $@ $^ -fsanitize=fuzzer $(LDFLAGS_ALL) $(ALL_LIBS)

# What tests stand between, or in front of, the programs of gong: a file, a program.
TOOLS = $(patsubst %.c,$(B)/%,$(wildcard tests/tools/*.c))
$(TOOLS): $(B)/tests/tools/%: $(B)/tests/tools/%.o $(ALL_ARCHIVES)
	$(call say,LD,$@) $(CC) -o $@ $^ $(LDFLAGS_ALL) $(ALL_LIBS)

# The loops over all communes are worth vectors in every build that optimizes.
ifeq ($(OPT),-O2)
$(B)/triggers/roll.o $(B)/triggers/running.o $(B)/triggers/family.o $(B)/triggers/ladder.o: OPT = -O3
$(B)/triggers/quantile.o $(B)/triggers/merge.o $(B)/triggers/ring.o: OPT = -O3
$(B)/ingest/aggregate.o $(B)/ingest/raster.o $(B)/ingest/inflate.o $(B)/ingest/chunk.o $(B)/ingest/turn.o $(B)/ingest/axis.o: OPT = -O3
endif
$(B)/ingest/turn.o $(B)/ingest/axis.o: CFLAGS_ALL += -fno-trapping-math

# GDAL is for one program, and its many libraries are loaded by no other.
$(B)/gong-ogr: LDFLAGS_ALL += -lgdal

# What reads plain files has HDF5 in itself, without the network of the shared one: it is ready sooner.
HDF5_STATIC = $(firstword $(wildcard /usr/lib/*/hdf5/serial/libhdf5.a))
$(B)/gong-plain: LDFLAGS_ALL += $(HDF5_STATIC) -lz -lsz

# Debian keeps the headers of HDF5 apart, by how it was built.
$(B)/ingest/hdf.o $(B)/ingest/hdf_numbers.o $(B)/ingest/hdf_attributes.o $(B)/ingest/hdf_image.o $(B)/tests/ingest/test_short.o $(B)/tests/ingest/test_need.o: CFLAGS_ALL += -isystem /usr/include/hdf5/serial

# The presets of the law are part of the program.
$(B)/policies/preset_text.o: $(wildcard policies/presets/*.yaml)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<) $(CC) $(CFLAGS_ALL) -c $< -o $@

PROGRAMS = $(if $(wildcard core/gong_main.c),$(B)/gong) $(foreach r,$(ROOMS),$(PROGRAMS_$r)) \
	$(if $(wildcard data/season/season_main.c),$(B)/gong-season) $(B)/gong-demo
UNIT_TESTS = $(foreach r,$(ROOMS),$(TESTS_$r)) $(TESTS_season)

programs: $(PROGRAMS)
# The benchmarks are built with the tests, so that they go on to fit what they measure.
tests: $(UNIT_TESTS) $(FUZZ:%=$(B)/tests/fuzz/fuzz_%) $(B)/tests/bench/bench $(TOOLS)

-include $(patsubst %.c,$(B)/%.d,$(SRC_all) $(TESTS_all) $(wildcard tests/bench/*.c tests/fuzz/*.c tests/tools/*.c))

# --- set-up: what Debian packages are needed; nothing is done when all are there ----------------------
setup:
	@tests/setup.sh $(PACKAGES)

# --- the main job and the tests ---------------------------------------------------------------------
demo: setup
	@$(MAKE) --no-print-directory programs
	@$(B)/gong demo

# Unit and end-to-end tests of the release build; ends with "N passed, N failed".
# Other people's programs that must read the files that gong writes.
TEST_PACKAGES = cdo python3-xarray python3-netcdf4 bzip2 procps zbar-tools
test: setup
	@tests/setup.sh $(TEST_PACKAGES)
	@tests/npm.sh tests/smsc
	@tests/npm.sh tests/contract
	@$(MAKE) --no-print-directory programs tests
	@tests/run.sh $(B) all

unit: programs tests
	@tests/run.sh $(B) unit

# --- gates ------------------------------------------------------------------------------------------
FORMATTED = $(shell git ls-files -co --exclude-standard '*.c' '*.h')

check: setup
	@tests/npm.sh tests/smsc
	@tests/npm.sh tests/contract
	@$(MAKE) --no-print-directory gates
	@$(MAKE) --no-print-directory MODE=clang CC=clang programs tests
	@$(MAKE) --no-print-directory tidy
	@$(MAKE) --no-print-directory MODE=asan CC=clang OPT=-O1 SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer" programs tests
	@tests/run.sh build/asan unit
	@$(MAKE) --no-print-directory same

gates:
	@clang-format --dry-run --Werror $(FORMATTED) && echo "gate: format ok"
	@tests/arrows.sh
	@tests/bans.sh
	@tests/limits.sh

tidy:
	@printf '%s\n' $(filter-out tests/%,$(SRC_all)) | xargs -P 2 -n 12 sh -c 'clang-tidy --quiet --warnings-as-errors="*" "$$@" -- \
		-std=gnu17 -D_GNU_SOURCE -I. -isystem /usr/include/libxml2 -isystem /usr/include/hdf5/serial 2>/dev/null' clang-tidy \
		&& echo "gate: clang-tidy ok"

# The same inputs give byte-identical ledgers under both compilers and all levels.
same:
	@tests/e2e/same.sh

golden: programs tests
	@GONG_GOLDEN=write tests/run.sh $(B) unit

# What only the references and the generators of their workloads need.
BENCH_PACKAGES = libisal-dev zlib1g-dev cdo python3-xarray redis-server libhiredis-dev \
	python3-netcdf4 python3-scipy python3-geopandas python3-bottleneck
bench: setup
	@tests/setup.sh $(BENCH_PACKAGES)
	@$(MAKE) --no-print-directory OPT=-O3 MODE=bench programs build/bench/tests/bench/bench
	@tests/bench/run.sh build/bench

# --- installing ---------------------------------------------------------------------------------------
install: programs
	@mkdir -p $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/gong/policies
	@install -m 0755 $(PROGRAMS) $(DESTDIR)$(PREFIX)/bin
	@install -m 0644 data/sources.yaml $(DESTDIR)$(PREFIX)/share/gong
	@install -m 0644 policies/*.yaml $(DESTDIR)$(PREFIX)/share/gong/policies
	@mkdir -p $(DESTDIR)$(PREFIX)/share/gong/policies/presets
	@install -m 0644 policies/presets/*.yaml $(DESTDIR)$(PREFIX)/share/gong/policies/presets
	@mkdir -p $(DESTDIR)$(PREFIX)/share/gong/messages
	@install -m 0644 policies/messages/*.yaml $(DESTDIR)$(PREFIX)/share/gong/messages
	@mkdir -p $(DESTDIR)$(PREFIX)/share/gong/sms-http
	@install -m 0644 data/sms-http/*.yaml $(DESTDIR)$(PREFIX)/share/gong/sms-http
	@install -m 0644 policies/policy.schema.json $(DESTDIR)$(PREFIX)/share/gong
	@mkdir -p $(DESTDIR)$(PREFIX)/share/gong/policies/products
	@install -m 0644 policies/products/*.yaml $(DESTDIR)$(PREFIX)/share/gong/policies/products
	@mkdir -p $(DESTDIR)$(PREFIX)/share/gong/pilots
	@install -m 0644 data/pilots/*.csv data/season/*.csv $(DESTDIR)$(PREFIX)/share/gong/pilots
	@echo "installed under $(DESTDIR)$(PREFIX)"

# Coverage-guided fuzzing of every target: make fuzz SECONDS_EACH=600
SECONDS_EACH ?= 60
FUZZ_FLAGS = MODE=fuzz CC=clang OPT=-O1 SANITIZE="-fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all"
fuzz: setup
	@$(MAKE) --no-print-directory $(FUZZ_FLAGS) $(FUZZ:%=build/fuzz/tests/fuzz/libfuzzer_%)
	@for target in $(FUZZ); do mkdir -p build/fuzz/corpus/$$target; \
		build/fuzz/tests/fuzz/libfuzzer_$$target -max_total_time=$(SECONDS_EACH) -print_final_stats=1 \
			build/fuzz/corpus/$$target tests/fuzz/seeds/$$target || exit 1; done

clean:
	rm -rf build

help:
	@echo "make demo     set up, build and run the main job (a drill) in under a minute"
	@echo "make test     set up, build and run every test"
	@echo "make check    the gates: format, arrows, bans, gcc and clang, clang-tidy, sanitizers, same bytes"
	@echo "make fuzz     coverage-guided fuzzing of every parser, SECONDS_EACH=60"
	@echo "make bench    one line per figure, beside its reference"
	@echo "make install PREFIX=/usr/local DESTDIR="
	@echo "make clean"

.PHONY: all programs tests setup demo test unit check gates tidy same golden bench fuzz install clean help
