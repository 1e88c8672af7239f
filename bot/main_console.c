/* selvhjelpsbot-console: chat with the core from a terminal. Wiring only; the network is bridge/console.c. */
#include "bridge/console.h"
#include "bridge/program.h"
#include "builtin.h"

int main(int argc, char **argv)
{
    const struct bridge_program program = {
        .name = "selvhjelpsbot-console",
        .extra = "",
        .quiet = true,
        .offline_text = builtin_offline,
        .check = console_check,
        .run = console_run,
    };
    return bridge_program(&program, argc, argv);
}
