/* A reply text from staff: compiles or is refused, renders within its limit, and its values stay text. */
#include "fuzz.h"

#include "text/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena arena = ARENA_INIT;
    struct err err = {.count = 0};
    struct buf out = BUF_INIT(6000);
    struct value inner[] = {{.name = "a", .kind = VALUE_TEXT, .text = "*[x](y)* 1. <b>"}};
    struct scope items[] = {{inner, 1}, {inner, 1}};
    struct value values[] = {{.name = "a", .kind = VALUE_TEXT, .text = "- # _a_ `b`"},
                             {.name = "b", .kind = VALUE_TRUTH, .text = "", .truth = true},
                             {.name = "c", .kind = VALUE_LIST, .text = "", .items = items, .count = 2}};
    struct scope scope = {values, 3};
    struct template *t = template_compile((const char *)bytes, len, "fuzz", &arena, &err);
    if (t && template_render(t, &scope, template_escape_markdown, &out) == 0 && out.len > 6000)
        __builtin_trap();
    buf_free(&out);
    arena_free(&arena);
    return 0;
}
