/* selvhjelpsbot-telegram: private chats in Telegram. Wiring only; the network is bridge/telegram.c. */
#include "bridge/program.h"
#include "bridge/telegram.h"
#include "builtin.h"

int main(int argc, char **argv)
{
    const struct bridge_program program = {
        .name = "selvhjelpsbot-telegram",
        .extra = "      and whether Telegram knows the token (getMe); messages are not touched\n",
        .secret = true,
        .offline_text = builtin_offline,
        .check = telegram_check,
        .run = telegram_run,
    };
    return bridge_program(&program, argc, argv);
}
