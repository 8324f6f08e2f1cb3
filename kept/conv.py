import re,sys
names=None
cur=None
out=[]
for l in open('/tmp/words/rows.txt',encoding='utf-8'):
    l=l.strip()
    if not l: continue
    if re.fullmatch(r'need_[a-z_]+|stop_texts|inform|safe|wrong_number|why_ask|danger|out_of_scope|bye|ask_person',l): cur=l; continue
    ps=re.findall(r'\[([^\]]+)\]',l)
    if len(ps)>1: l=l.replace(f'[{ps[1]}](place)',ps[1]); 
    t=re.sub(r'\[([^\]]+)\]\(place\)',r'\1',l)
    out.append(f"{cur}\tes\t{t}\t"+(f"place={ps[0]}" if ps else ''))
open('/tmp/words/rows.tsv','w').write('\n'.join(out)+'\n'); print(len(out))
