import { CompactRange } from "./range.js";
export function createOpenDays(state) {
    const nodes = state?.day?.nodes.map(({ level, hash }) => ({ level, hash: Buffer.from(hash, "base64url") })) ?? [];
    let gathering = state?.day && { day: state.day.day, first: state.day.first, range: CompactRange.from(nodes) };
    let complete = state?.complete ?? [];
    let lastDay = state?.lastDay;
    let changed = false;
    const end = (size, upTo) => {
        if (gathering === undefined)
            return;
        const { day, first, range } = gathering;
        complete = [...complete, { day, first, end: size, upTo, root: range.root().toString("base64url") }];
        gathering = undefined;
        lastDay = day;
        changed = true;
    };
    return {
        append(event, index, before, leaf) {
            const day = dayOf(event);
            if (gathering !== undefined && day > gathering.day)
                end(index, before);
            // A day that was ended stays ended, though a slow clock may still name it
            gathering ??= { day: later(day, lastDay), first: index, range: new CompactRange() };
            gathering.range.append(leaf);
        },
        open: () => gathering?.day,
        end,
        complete: () => complete,
        closed: (day) => {
            complete = complete.filter((each) => each.day !== day);
            changed = true;
        },
        state: () => ({
            ...(gathering === undefined ? {} : { day: stateOf(gathering) }),
            ...(lastDay === undefined ? {} : { lastDay }),
            complete,
        }),
        changed: () => changed,
        written: () => (changed = false),
    };
}
function stateOf({ day, first, range }) {
    return { day, first, nodes: range.nodes.map(({ level, hash }) => ({ level, hash: hash.toString("base64url") })) };
}
/** yyyy-mm-dd of the envelope's `at`. Stream and ids stand before it, and a quote in them is escaped. */
export function dayOf({ body }) {
    const at = body.indexOf('"at":"');
    return body.slice(at + 6, at + 16);
}
function later(day, last) {
    return last === undefined || day > last ? day : dayAfter(last);
}
export function dayAfter(day) {
    return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}
//# sourceMappingURL=days.js.map