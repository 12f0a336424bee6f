#include "policies/preset_text.h"

#include "policies/preset.h"

#include <assert.h>

// The assembler puts a file's bytes between two names.
#define EMBED(name, path)                                                                          \
    __asm__(".section .rodata\n" #name "_begin:\n.incbin \"" path "\"\n" #name                     \
            "_end:\n.byte 0\n.previous\n");                                                        \
    extern const char name##_begin[] __attribute__((visibility("hidden")));                        \
    extern const char name##_end[] __attribute__((visibility("hidden")));

#define GLOBAL(name)                                                                               \
    __asm__(".global " #name "_begin\n.hidden " #name "_begin\n.global " #name                     \
            "_end\n.hidden " #name "_end\n");

GLOBAL(preset_vn_2021_18)
EMBED(preset_vn_2021_18, "policies/presets/vn-2021-18.yaml")
GLOBAL(preset_vn_micro_insurance_2023)
EMBED(preset_vn_micro_insurance_2023, "policies/presets/vn-micro-insurance-2023.yaml")
GLOBAL(preset_vn_flood_stages_pilots)
EMBED(preset_vn_flood_stages_pilots, "policies/presets/vn-flood-stages-pilots.yaml")

const char *const preset_ids[] = {"vn-2021-18", "vn-micro-insurance-2023", "vn-flood-stages-pilots",
                                  NULL};

struct str preset_text(size_t i)
{
    const struct {
        const char *begin, *end;
    } texts[] = {{preset_vn_2021_18_begin, preset_vn_2021_18_end},
                 {preset_vn_micro_insurance_2023_begin, preset_vn_micro_insurance_2023_end},
                 {preset_vn_flood_stages_pilots_begin, preset_vn_flood_stages_pilots_end}};
    assert(i < sizeof(texts) / sizeof(texts[0]));
    return (struct str){texts[i].begin, (size_t)(texts[i].end - texts[i].begin)};
}
