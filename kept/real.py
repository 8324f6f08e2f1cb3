"""Class-level figures of the real bot on held-back rows; never prints a text."""
import sys, json
sys.path.insert(0, "/work/wt-words")
import types
for _n,_p in (("tests","tests"),("tests.bot","tests/bot")):
    _m=types.ModuleType(_n); _m.__path__=["/work/wt-words/"+_p]; sys.modules[_n]=_m
from collections import Counter
from tests.bot.bot_server import BotServer
from tests.bot.held_back import all_rows, blind_rows
from tests.bot.test_bot_training import Measure, told_of
ms={}
conf=Counter()
b=set(blind_rows())
s=BotServer().start()
try:
    for row in all_rows():
        a=s.turn(row.text, language=row.language)
        for k in ((row.language,), (row.language,'blind'))[:2 if row in b else 1]:
            ms.setdefault(k,Measure()).add(row,a)
            told=a.intent
            w=told if told in row.intents else row.intents[0]
            if told!=w: conf[k,w,told]+=1
finally:
    s.stop()
out=[]
for k in sorted(ms): print(told_of(' '.join(k),ms[k]))
for k in (('es','blind'),('es',)):
    print(k)
    for n,(t,f,m) in sorted(ms[k].counts.items(), key=lambda x:2*x[1][0]/max(1,2*x[1][0]+x[1][1]+x[1][2])):
        f1=2*t/max(1,2*t+f+m)
        if f1<.97: print(f"  {n:28} F1 {f1:.2f} hit {t} false {f} missed {m}")
    print('  confusions (wanted>told):', ', '.join(f"{w}>{o}:{c}" for (kk,w,o),c in sorted(conf.items(),key=lambda x:-x[1]) if kk==k))
